import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.ValueComparator;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryCollection;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.backend.memory.index.MemoryUniqueIndex;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * An in-memory, MongoDB-compatible server on a free loopback port; prints its URL and serves until killed.
 *
 * <p>The server's own backend looks at all documents of a collection unless a query names nothing but the fields
 * of a unique index, each with its value. The indexes below spare that, so that benchmarks measure profitsync.
 * They only choose which documents are looked at: the server holds each of those against the whole query, and
 * gets them in the order in which it would have come by them, so that no answer differs.
 */
public final class MongoForTests {
    public static void main(String[] arguments) {
        MongoServer server = new MongoServer(new IndexedBackend().version(new Announced()));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind("127.0.0.1", 0);
        InetSocketAddress address = server.getLocalAddress();
        System.out.printf("mongodb://127.0.0.1:%d/%n", address.getPort());
        System.out.flush();
    }

    /**
     * The server calls itself 5.0 but announces wire version 8 (that of 4.2), which current drivers refuse
     * before they send anything. 9 is the least they accept; nothing profitsync sends needs more than 8.
     */
    private static final class Announced implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    }
}

final class IndexedBackend extends MemoryBackend {
    @Override
    public MemoryDatabase openOrCreateDatabase(String name) {
        return new IndexedDatabase(name, getCursorRegistry());
    }

    /** Memory that a large database leaves behind is swept now, and not while the next one is at work. */
    @Override
    public void dropDatabase(String name) {
        super.dropDatabase(name);
        Runtime memory = Runtime.getRuntime();
        if (memory.freeMemory() < memory.totalMemory() / 2) System.gc();
    }
}

final class IndexedDatabase extends MemoryDatabase {
    IndexedDatabase(String name, CursorRegistry cursors) {
        super(name, cursors);
    }

    @Override
    protected MemoryCollection openOrCreateCollection(String name, CollectionOptions options) {
        return new IndexedCollection(this, name, options, cursorRegistry);
    }

    @Override
    protected Index<Integer> openOrCreateSecondaryIndex(
            String collection, String name, List<IndexKey> keys, boolean sparse) {
        return new SecondaryIndex(name, keys, sparse);
    }

    @Override
    protected Index<Integer> openOrCreateUniqueIndex(
            String collection, String name, List<IndexKey> keys, boolean sparse) {
        return new UniqueIndex(name, keys, sparse);
    }
}

/** Under one lock also where the server's own takes none: no document comes or goes while an index is used. */
final class IndexedCollection extends MemoryCollection {
    private static final int FEW = 10;  // values of a list that are compared as quickly as they are looked up

    private Integer leaving;  // the position of the document that is being removed

    IndexedCollection(IndexedDatabase database, String name, CollectionOptions options, CursorRegistry cursors) {
        super(database, name, options, cursors);
    }

    @Override
    public synchronized void addIndex(Index<Integer> index) {
        super.addIndex(index);
    }

    @Override
    public synchronized void dropIndex(String name) {
        super.dropIndex(name);
    }

    @Override
    public synchronized int count(Document query, int skip, int limit) {
        boolean isPlain = query != null && skip == 0 && limit == 0;
        for (Index<Integer> index : isPlain ? getIndexes() : List.<Index<Integer>>of()) {
            if (!index.canHandle(query)) continue;
            if (index.getPositions(query) instanceof Candidates found && found.areAnswer()) return found.size();
            break;
        }
        return super.count(query, skip, limit);
    }

    /** Before the index of all ids forgets it, so that no other has to remember which document is where. */
    @Override
    public synchronized void removeDocument(Document document) {
        leaving = getIndexes().stream().filter(index -> index.getName().equals("_id_"))
            .map(index -> index.getPosition(document)).findFirst().orElse(null);
        super.removeDocument(document);
    }

    Integer leaving() {
        return leaving;
    }

    void forEach(BiConsumer<Document, Integer> each) {
        streamAllDocumentsWithPosition().forEach(one -> each.accept(one.getDocument(), one.getPosition()));
    }

    /**
     * The server reverses the order of all documents where that is asked for, but not that of an index; and it
     * holds each document against each of the values of an {@code $in}, where MongoDB looks a value up among them.
     */
    @Override
    protected QueryResult matchDocuments(
            Document query, Iterable<Integer> positions,
            Document sort, int skip, int limit, int batch, Document only) {
        List<Integer> ordered = positions instanceof Candidates candidates ? candidates : new ArrayList<>();
        if (ordered != positions) positions.forEach(ordered::add);
        if (isNaturalDescending(sort)) Collections.reverse(ordered);
        boolean isAnswer = ordered instanceof Candidates candidates && candidates.areAnswer();
        Document left = isAnswer ? new Document() : query;
        for (String field : left.keySet()) left = withoutList(left, field, ordered);
        return super.matchDocuments(left, ordered, sort, skip, limit, batch, only);
    }

    /** Nobody asks for it, and to know it the server writes every document down once more. */
    @Override
    protected boolean tracksDataSize() {
        return false;
    }

    /** The query without the list of a field, once what is not on it was taken off the positions. */
    private Document withoutList(Document query, String field, List<Integer> positions) {
        if (field.contains(".") || !(query.get(field) instanceof Document operators)) return query;
        if (operators.containsKey("$regex") || !(operators.get("$in") instanceof Collection<?> list)) return query;
        if (list.size() < FEW || !list.stream().allMatch(Keys::isPlain)) return query;
        // Of an array any element may be on the list.
        if (!positions.stream().allMatch(one -> Keys.isPlain(getDocument(one).getOrMissing(field)))) return query;
        Set<Object> values = new HashSet<>();
        list.forEach(value -> values.add(Keys.normal(value)));
        positions.removeIf(one -> !values.contains(Keys.normal(getDocument(one).getOrMissing(field))));
        Document rest = operators.clone();
        rest.remove("$in");
        Document left = query.clone();
        if (rest.isEmpty()) left.remove(field);
        else left.put(field, rest);
        return left;
    }
}

/** Has keys to find candidates by. The server takes the first index that can; here that is the best alone. */
interface Keyed {
    Keys sorted();

    static boolean isBest(Keyed index, Document query, MongoCollection<Integer> collection) {
        int worth = index.sorted().worth(query);
        return worth > 0 && (collection == null || collection.getIndexes().stream().allMatch(
            other -> !(other instanceof Keyed) || ((Keyed) other).sorted().worth(query) <= worth));
    }
}

final class SecondaryIndex extends Index<Integer> implements Keyed {
    private final Keys sorted = new Keys(keys());
    private IndexedCollection collection;

    SecondaryIndex(String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
    }

    @Override
    public Keys sorted() {
        return sorted;
    }

    /** The index of all ids tells it. */
    @Override
    public Integer getPosition(Document document) {
        return null;
    }

    @Override
    public void checkAdd(Document document, MongoCollection<Integer> collection) {}

    @Override
    public void add(Document document, Integer position, MongoCollection<Integer> collection) {
        this.collection = (IndexedCollection) collection;
        sorted.add(document, position);
    }

    @Override
    public Integer remove(Document document) {
        sorted.remove(document, collection.leaving());
        return collection.leaving();
    }

    @Override
    public void checkUpdate(Document before, Document after, MongoCollection<Integer> collection) {}

    @Override
    public void updateInPlace(
            Document before, Document after, Integer position, MongoCollection<Integer> collection) {
        sorted.remove(before, position);
        sorted.add(after, position);
    }

    @Override
    public boolean canHandle(Document query) {
        return Keyed.isBest(this, query, collection);
    }

    @Override
    public Iterable<Integer> getPositions(Document query) {
        return sorted.candidates(query);
    }

    @Override
    public long getCount() {
        return sorted.count();
    }

    @Override
    public long getDataSize() {
        return getCount();
    }

    @Override
    public void drop() {
        sorted.clear();
    }
}

/** The server's own, which also answers for a part of its fields and for ranges: sorted when first asked so. */
final class UniqueIndex extends MemoryUniqueIndex implements Keyed {
    private final Keys sorted = new Keys(keys());
    private final String only;  // its field, where that is a single one of the document itself
    private IndexedCollection collection;
    private boolean isSorted;

    UniqueIndex(String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
        only = keys.size() == 1 && !keys.get(0).getKey().contains(".") ? keys.get(0).getKey() : null;
    }

    @Override
    public Keys sorted() {
        return sorted;
    }

    /** The key of a document, where that is what it usually is, a text; else the server finds out what it is. */
    private KeyValue text(Document document) {
        return only != null && document.get(only) instanceof String text ? new KeyValue(text) : null;
    }

    @Override
    public synchronized void checkAdd(Document document, MongoCollection<Integer> collection) {
        KeyValue text = text(document);
        if (text == null || getPosition(text) != null) super.checkAdd(document, collection);
    }

    @Override
    public synchronized void add(Document document, Integer position, MongoCollection<Integer> collection) {
        this.collection = (IndexedCollection) collection;
        KeyValue text = text(document);
        if (text == null || !putKeyPosition(text, position)) super.add(document, position, collection);
        if (isSorted) sorted.add(document, position);
    }

    @Override
    public synchronized Integer remove(Document document) {
        Integer position = super.remove(document);
        if (isSorted && position != null) sorted.remove(document, position);
        return position;
    }

    @Override
    public synchronized boolean canHandle(Document query) {
        return super.canHandle(query) || Keyed.isBest(this, query, collection);
    }

    @Override
    public synchronized Iterable<Integer> getPositions(Document query) {
        if (super.canHandle(query)) return super.getPositions(query);
        if (!isSorted && collection != null) {
            collection.forEach(sorted::add);
            isSorted = true;
        }
        return sorted.candidates(query);
    }
}

/** Positions in their order: of all documents that a query may mean, or just of those that it means. */
final class Candidates extends ArrayList<Integer> {
    private final boolean areAnswer;

    Candidates(BitSet positions, boolean areAnswer) {
        super(positions.cardinality());
        positions.stream().forEach(this::add);
        this.areAnswer = areAnswer;
    }

    boolean areAnswer() {
        return areAnswer;
    }
}

/**
 * The positions of documents, sorted by the values of the leading fields, arrays by each of their elements. A
 * missing value, null and an empty array are one; numbers are doubles (equal ones of any type are the same, as
 * to the server). A document with a value that has no place in such an order is a candidate for every query.
 */
final class Keys {
    private static final int FIELDS = 3;  // more tell hardly any documents apart

    private final List<String> fields = new ArrayList<>();
    private final Set<String> withArrays = new HashSet<>();  // fields of which some document holds several values
    private final Set<String> withSingles = new HashSet<>();  // and those that are not an array everywhere
    private final Set<Integer> unsorted = new HashSet<>();
    private Node root = new Node();
    private long count;

    Keys(List<String> keys) {
        for (String key : keys) {
            if (fields.size() == FIELDS || key.contains(".")) break;
            fields.add(key);
        }
    }

    /** As the server compares, and quickly what nearly all values are. */
    private static int compare(Object one, Object other) {
        if (one instanceof String a && other instanceof String b) return a.compareTo(b);
        if (one instanceof Instant a && other instanceof Instant b) return a.compareTo(b);
        return ValueComparator.asc().compare(one, other);
    }

    /** One value: a step to those of the next field, or the positions of all documents with this one. */
    private static final class Node {
        private static final NavigableMap<Object, Node> NONE =
            Collections.unmodifiableNavigableMap(new TreeMap<>(Keys::compare));
        private static final int[] NOWHERE = {};

        private NavigableMap<Object, Node> next = NONE;
        private int[] positions = NOWHERE;  // sorted; the first `size`
        private int size;

        private Node to(Object value) {
            if (next == NONE) next = new TreeMap<>(Keys::compare);
            return next.computeIfAbsent(value, one -> new Node());
        }

        private void add(int position) {
            int place = Arrays.binarySearch(positions, 0, size, position);
            if (place >= 0) return;  // two equal elements of an array
            if (size == positions.length) positions = Arrays.copyOf(positions, size == 0 ? 1 : 2 * size);
            System.arraycopy(positions, -place - 1, positions, -place, size + place + 1);
            positions[-place - 1] = position;
            size++;
        }

        private void remove(int position) {
            int place = Arrays.binarySearch(positions, 0, size, position);
            if (place < 0) return;
            System.arraycopy(positions, place + 1, positions, place, --size - place);
        }

        private boolean isEmpty() {
            return size == 0 && next.isEmpty();
        }
    }

    synchronized long count() {
        return count;
    }

    synchronized void clear() {
        count = 0;
        unsorted.clear();
        root = new Node();
    }

    synchronized void add(Document document, Integer position) {
        count++;
        if (!isSortable(document)) {
            unsorted.add(position);
            return;
        }
        for (String field : fields) {
            Object value = document.get(field);
            if (!(value instanceof Collection<?> elements)) {
                if (value != null) withSingles.add(field);
            } else if (elements.size() > 1) {
                withArrays.add(field);
            }
        }
        add(root, document, 0, position);
    }

    private void add(Node node, Document document, int depth, int position) {
        if (depth == fields.size()) {
            node.add(position);
        } else if (document.get(fields.get(depth)) instanceof Collection<?> elements && !elements.isEmpty()) {
            for (Object element : elements) add(node.to(normal(element)), document, depth + 1, position);
        } else {
            add(node.to(single(document, depth)), document, depth + 1, position);
        }
    }

    synchronized void remove(Document document, Integer position) {
        count--;
        if (!unsorted.remove(position)) remove(root, document, 0, position);
    }

    private void remove(Node node, Document document, int depth, int position) {
        if (depth == fields.size()) {
            node.remove(position);
        } else if (document.get(fields.get(depth)) instanceof Collection<?> elements && !elements.isEmpty()) {
            for (Object element : elements) removeBelow(node, normal(element), document, depth, position);
        } else {
            removeBelow(node, single(document, depth), document, depth, position);
        }
    }

    private void removeBelow(Node node, Object value, Document document, int depth, int position) {
        Node next = node.next.get(value);
        if (next == null) return;  // two equal elements of an array: the first took it away
        remove(next, document, depth + 1, position);
        if (next.isEmpty()) node.next.remove(value);
    }

    /** How narrow a choice is: two for each leading field with its values, one for a range. 0: no use. */
    synchronized int worth(Document query) {
        int worth = 0;
        for (String field : fields) {
            Demand demand = demand(query, field);
            if (demand == Demand.NONE) break;
            worth += demand.values == null ? 1 : 2;
        }
        return worth;
    }

    /** All that may match, each once, in the order of their positions. */
    synchronized Candidates candidates(Document query) {
        BitSet found = new BitSet();
        unsorted.forEach(found::set);
        List<Demand> demands = fields.stream().map(field -> demand(query, field)).toList();
        collect(root, demands, found);
        boolean isAnswered = unsorted.isEmpty()
            && query.keySet().stream().allMatch(field -> fields.contains(field) && demand(query, field).isWhole);
        return new Candidates(found, isAnswered);
    }

    private static void collect(Node node, List<Demand> demands, BitSet found) {
        for (int place = 0; place < node.size; place++) found.set(node.positions[place]);
        if (demands.isEmpty()) return;
        for (Node next : demands.get(0).among(node.next)) collect(next, demands.subList(1, demands.size()), found);
    }

    private Demand demand(Document query, String field) {
        if (!query.containsKey(field)) return Demand.NONE;
        return Demand.of(query.get(field), withArrays.contains(field), withSingles.contains(field));
    }

    private boolean isSortable(Document document) {
        for (String field : fields) {
            Object value = document.get(field);
            boolean isPlain = value instanceof Collection<?> elements
                ? elements.stream().allMatch(Keys::isPlain)
                : isPlain(value);
            if (!isPlain) return false;
        }
        return true;
    }

    private Object single(Document document, int depth) {
        Object value = document.get(fields.get(depth));
        return value instanceof Collection ? null : normal(value);
    }

    static boolean isPlain(Object value) {
        if (value instanceof Number number) return !Double.isNaN(number.doubleValue());
        return value == null || value instanceof Missing || value instanceof String || value instanceof Instant
            || value instanceof Boolean || value instanceof ObjectId;
    }

    static Object normal(Object value) {
        if (value instanceof Number number) return number.doubleValue() + 0.0;  // -0.0 is 0.0
        return value instanceof Missing ? null : value;
    }
}

/** What a query asks of a field: one of the values, or one in a range. */
final class Demand {
    static final Demand NONE = new Demand(null, null, false);

    final List<Object> values;
    final boolean isWhole;  // nothing else is asked: what is found among the keys matches
    private final Range range;

    private Demand(List<Object> values, Range range, boolean isWhole) {
        this.values = values;
        this.range = range;
        this.isWhole = isWhole;
    }

    /**
     * Never more than what is asked, at times less: then the whole query is held against each document afterwards.
     * Of an array one element may be above the one bound and another below the other: then one bound alone counts.
     */
    static Demand of(Object condition, boolean ofArrays, boolean ofSingles) {
        if (Keys.isPlain(condition)) return oneOf(Collections.singletonList(condition), true);
        if (!(condition instanceof Document operators)) return NONE;
        if (operators.containsKey("$regex")) return NONE;  // the server looks at nothing else then
        if (operators.containsKey("$eq") && Keys.isPlain(operators.get("$eq"))) {
            return oneOf(Collections.singletonList(operators.get("$eq")), operators.size() == 1);
        }
        if (operators.get("$in") instanceof Collection<?> values && values.stream().allMatch(Keys::isPlain)) {
            Document rest = operators.clone();
            rest.remove("$in");
            Demand within = rest.isEmpty() || ofArrays ? NONE : between(rest, false);
            if (within == NONE) return oneOf(values, rest.isEmpty());
            Range range = within.range;
            return oneOf(values.stream().filter(one -> range.holds(Keys.normal(one))).toList(), within.isWhole);
        }
        if (operators.get("$elemMatch") instanceof Document ofOne) {
            Demand one = of(ofOne, false, false);
            if (one == NONE) return NONE;
            return new Demand(one.values, one.range, one.isWhole && !ofSingles && operators.size() == 1);
        }
        return between(operators, ofArrays);
    }

    private static Demand oneOf(Collection<?> values, boolean nothingElse) {
        List<Object> normal = new ArrayList<>();
        values.forEach(value -> normal.add(Keys.normal(value)));
        return new Demand(normal, null, nothingElse && normal.stream().allMatch(Demand::isExact));
    }

    private static Demand between(Document operators, boolean ofArrays) {
        Object low = bound(operators, "$gte", "$gt");
        Object high = bound(operators, "$lte", "$lt");
        if (low == null && high == null) return NONE;
        boolean both = low != null && high != null;
        boolean onlyOne = both && (ofArrays || low.getClass() != high.getClass());
        boolean isWhole = !onlyOne && operators.size() == (both ? 2 : 1)
            && operators.values().stream().allMatch(Demand::isExact);
        boolean withLow = operators.containsKey("$gte"), withHigh = operators.containsKey("$lte");
        return new Demand(null, new Range(low, withLow, onlyOne ? null : high, withHigh), isWhole);
    }

    private static Object bound(Document operators, String inclusive, String exclusive) {
        Object value = operators.containsKey(inclusive) ? operators.get(inclusive) : operators.get(exclusive);
        return Keys.isPlain(value) ? Keys.normal(value) : null;
    }

    /** Among the keys numbers are rounded, and null stands for several things. */
    private static boolean isExact(Object value) {
        return Keys.isPlain(value) && value != null && !(value instanceof Number) && !(value instanceof Missing);
    }

    <T> Collection<T> among(NavigableMap<Object, T> sorted) {
        if (values != null) return values.stream().map(sorted::get).filter(Objects::nonNull).toList();
        return range == null ? sorted.values() : range.among(sorted);
    }
}

/** From low to high; either may be open (null), and counts itself or not. A number does: it is rounded. */
record Range(Object low, boolean withLow, Object high, boolean withHigh) {
    Range {
        withLow |= low instanceof Number;
        withHigh |= high instanceof Number;
    }

    /** Only values of the bounds' own type lie in it, as for the server. */
    boolean holds(Object value) {
        return value != null && value.getClass() == (low != null ? low : high).getClass()
            && (low == null || order(value, low) >= (withLow ? 0 : 1))
            && (high == null || order(value, high) <= (withHigh ? 0 : -1));
    }

    private static int order(Object one, Object other) {
        return Integer.signum(ValueComparator.asc().compare(one, other));
    }

    <T> Collection<T> among(NavigableMap<Object, T> sorted) {
        List<T> found = new ArrayList<>();
        NavigableMap<Object, T> rest =
            low != null ? sorted.tailMap(low, withLow) : sorted.headMap(high, withHigh).descendingMap();
        for (Map.Entry<Object, T> entry : rest.entrySet()) {
            if (!holds(entry.getKey())) break;
            found.add(entry.getValue());
        }
        return found;
    }
}
