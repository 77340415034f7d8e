vcl 4.1;

// Answers for a server beside it, on port 8081 of the same pod. Replace this file to say where your servers are.
backend default {
  .host = "127.0.0.1";
  .port = "8081";
}

sub vcl_recv {
  if (req.url == "/.well-known/varnish") {
    return (synth(200, "OK"));
  }
}
