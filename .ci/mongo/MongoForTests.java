import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetSocketAddress;
import java.util.List;

/** An in-memory, MongoDB-compatible server on a free loopback port; prints its URL and serves until killed. */
public final class MongoForTests {
    public static void main(String[] arguments) {
        MongoServer server = new MongoServer(new MemoryBackend().version(new Announced()));
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
