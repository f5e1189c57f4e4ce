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
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

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
        return super.count(query, skip, limit);
    }

    /**
     * The server reverses the order of all documents where that is asked for, but not that of an index; and it
     * holds each document against each of the values of an {@code $in}, where MongoDB looks a value up among them.
     */
    @Override
    protected QueryResult matchDocuments(
            Document query, Iterable<Integer> positions,
            Document sort, int skip, int limit, int batch, Document only) {
        List<Integer> ordered = new ArrayList<>();
        positions.forEach(ordered::add);
        if (isNaturalDescending(sort)) Collections.reverse(ordered);
        Document left = query;
        for (String field : query.keySet()) left = withoutList(left, field, ordered);
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
    private MongoCollection<Integer> collection;

    SecondaryIndex(String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
    }

    @Override
    public Keys sorted() {
        return sorted;
    }

    @Override
    public Integer getPosition(Document document) {
        return sorted.position(document);
    }

    @Override
    public void checkAdd(Document document, MongoCollection<Integer> collection) {}

    @Override
    public void add(Document document, Integer position, MongoCollection<Integer> collection) {
        this.collection = collection;
        sorted.add(document, position);
    }

    @Override
    public Integer remove(Document document) {
        return sorted.remove(document);
    }

    @Override
    public void checkUpdate(Document before, Document after, MongoCollection<Integer> collection) {}

    @Override
    public void updateInPlace(
            Document before, Document after, Integer position, MongoCollection<Integer> collection) {
        sorted.remove(before);
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

/** The server's own, which also answers for a part of its fields and for ranges. */
final class UniqueIndex extends MemoryUniqueIndex implements Keyed {
    private final Keys sorted = new Keys(keys());
    private MongoCollection<Integer> collection;

    UniqueIndex(String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
    }

    @Override
    public Keys sorted() {
        return sorted;
    }

    @Override
    public synchronized void add(Document document, Integer position, MongoCollection<Integer> collection) {
        super.add(document, position, collection);
        this.collection = collection;
        sorted.add(document, position);
    }

    @Override
    public synchronized Integer remove(Document document) {
        sorted.remove(document);
        return super.remove(document);
    }

    @Override
    public synchronized boolean canHandle(Document query) {
        return super.canHandle(query) || Keyed.isBest(this, query, collection);
    }

    @Override
    public synchronized Iterable<Integer> getPositions(Document query) {
        return super.canHandle(query) ? super.getPositions(query) : sorted.candidates(query);
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
    private final Set<String> withArrays = new HashSet<>();
    private final Map<KeyValue, Entry> entries = new HashMap<>();
    private final Set<Integer> unsorted = new HashSet<>();
    private Node root = new Node();

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

    private record Entry(Integer position, List<List<Object>> paths) {}

    private static final class Node {
        private final NavigableMap<Object, Node> next = new TreeMap<>(Keys::compare);
        private final Set<Integer> positions = new HashSet<>(2);
    }

    synchronized long count() {
        return entries.size();
    }

    synchronized void clear() {
        entries.clear();
        unsorted.clear();
        root = new Node();
    }

    synchronized Integer position(Document document) {
        Entry entry = entries.get(id(document));
        return entry == null ? null : entry.position;
    }

    synchronized void add(Document document, Integer position) {
        List<List<Object>> paths = paths(document);
        entries.put(id(document), new Entry(position, paths));
        if (paths.isEmpty()) unsorted.add(position);
        for (List<Object> path : paths) {
            Node node = root;
            for (Object value : path) node = node.next.computeIfAbsent(value, one -> new Node());
            node.positions.add(position);
        }
    }

    synchronized Integer remove(Document document) {
        Entry entry = entries.remove(id(document));
        if (entry == null) return null;
        unsorted.remove(entry.position);
        for (List<Object> path : entry.paths) remove(root, path, entry.position);
        return entry.position;
    }

    private static void remove(Node node, List<Object> path, Integer position) {
        if (path.isEmpty()) {
            node.positions.remove(position);
            return;
        }
        Node next = node.next.get(path.get(0));
        if (next == null) return;  // two equal elements of an array: the first took it away
        remove(next, path.subList(1, path.size()), position);
        if (next.next.isEmpty() && next.positions.isEmpty()) node.next.remove(path.get(0));
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
    synchronized Iterable<Integer> candidates(Document query) {
        BitSet found = new BitSet();
        unsorted.forEach(found::set);
        collect(root, fields.stream().map(field -> demand(query, field)).toList(), found);
        return found.stream().boxed().toList();
    }

    private static void collect(Node node, List<Demand> demands, BitSet found) {
        node.positions.forEach(found::set);
        if (demands.isEmpty()) return;
        for (Node next : demands.get(0).among(node.next)) collect(next, demands.subList(1, demands.size()), found);
    }

    private Demand demand(Document query, String field) {
        if (!query.containsKey(field)) return Demand.NONE;
        return Demand.of(query.get(field), withArrays.contains(field));
    }

    private static KeyValue id(Document document) {
        return new KeyValue(document.get("_id")).normalized();
    }

    /** None if one of the values cannot be sorted in. */
    private List<List<Object>> paths(Document document) {
        List<List<Object>> paths = List.of(List.of());
        for (String field : fields) {
            List<Object> values = new ArrayList<>();
            if (document.get(field) instanceof Collection<?> elements) {
                if (elements.size() > 1) withArrays.add(field);
                values.addAll(elements);
            } else {
                values.add(document.get(field));
            }
            if (values.isEmpty()) values.add(null);
            if (!values.stream().allMatch(Keys::isPlain)) return List.of();
            List<List<Object>> longer = new ArrayList<>(paths.size() * values.size());
            for (List<Object> path : paths) {
                for (Object value : values) {
                    List<Object> one = new ArrayList<>(path);
                    one.add(normal(value));
                    longer.add(one);
                }
            }
            paths = longer;
        }
        return paths;
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

/** What a query asks of a field: one of the values, or one from low to high (either may be open). */
final class Demand {
    static final Demand NONE = new Demand(null, null, null);

    final List<Object> values;
    private final Object low;
    private final Object high;

    private Demand(List<Object> values, Object low, Object high) {
        this.values = values;
        this.low = low;
        this.high = high;
    }

    /**
     * Never more than what is asked, sometimes less: the whole query is held against each document afterwards.
     * Of an array one element may be above the one bound and another below the other: then one bound alone counts.
     */
    static Demand of(Object condition, boolean ofArrays) {
        if (Keys.isPlain(condition)) return oneOf(Collections.singletonList(condition));
        if (!(condition instanceof Document operators)) return NONE;
        if (operators.containsKey("$regex")) return NONE;  // the server looks at nothing else then
        if (operators.containsKey("$eq") && Keys.isPlain(operators.get("$eq"))) {
            return oneOf(Collections.singletonList(operators.get("$eq")));
        }
        if (operators.get("$in") instanceof Collection<?> values && values.stream().allMatch(Keys::isPlain)) {
            return oneOf(values);
        }
        if (operators.get("$elemMatch") instanceof Document ofOne) return of(ofOne, false);
        Object low = bound(operators, "$gte", "$gt");
        Object high = bound(operators, "$lte", "$lt");
        if (low == null && high == null) return NONE;
        boolean both = low != null && high != null;
        if (both && (ofArrays || low.getClass() != high.getClass())) high = null;
        return new Demand(null, low, high);
    }

    private static Demand oneOf(Collection<?> values) {
        List<Object> normal = new ArrayList<>();
        values.forEach(value -> normal.add(Keys.normal(value)));
        return new Demand(normal, null, null);
    }

    private static Object bound(Document operators, String inclusive, String exclusive) {
        Object value = operators.containsKey(inclusive) ? operators.get(inclusive) : operators.get(exclusive);
        return Keys.isPlain(value) ? Keys.normal(value) : null;
    }

    /** A range ends where values of another type begin, as it does to the server. */
    <T> List<T> among(NavigableMap<Object, T> sorted) {
        List<T> found = new ArrayList<>();
        if (values != null) {
            for (Object value : values) if (sorted.containsKey(value)) found.add(sorted.get(value));
            return found;
        }
        if (low == null && high == null) return List.copyOf(sorted.values());
        NavigableMap<Object, T> rest =
            low != null ? sorted.tailMap(low, true) : sorted.headMap(high, true).descendingMap();
        Class<?> type = (low != null ? low : high).getClass();
        for (Map.Entry<Object, T> entry : rest.entrySet()) {
            Object value = entry.getKey();
            boolean beyond = low != null && high != null && ValueComparator.asc().compare(value, high) > 0;
            if (beyond || value == null || value.getClass() != type) break;
            found.add(entry.getValue());
        }
        return found;
    }
}
