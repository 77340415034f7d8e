// What the tests of the Java images run: check.jar beside this file, made with
//   javac --release 17 -g:none Check.java
//   jar --create --file check.jar --main-class Check --date=2024-01-01T00:00:00Z Check.class
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.time.ZoneId;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

class Check {
  static void hold(boolean what, String name) {
    if (what) return;
    System.err.println("wrong: " + name);
    System.exit(1);
  }

  public static void main(String[] arguments) throws Exception {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    hold(((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length > 100, "roots of trust");
    hold(SSLContext.getDefault().getDefaultSSLParameters().getProtocols().length > 0, "TLS");
    hold(ZoneId.of("Europe/Berlin").getRules().isFixedOffset() == false, "time zones");
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", exchange -> {
      byte[] answer = "hello".getBytes("UTF-8");
      exchange.sendResponseHeaders(200, answer.length);
      try (var body = exchange.getResponseBody()) { body.write(answer); }
    });
    server.start();
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/")).build();
    hold(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body().equals("hello"), "HTTP");
    var thread = new Thread(() -> {});
    thread.start();
    thread.join();
    server.stop(0);
    System.out.println("all is well in Java " + Runtime.version().feature());
    System.exit(0);
  }
}
