vcl 4.1;

// For the test: what answers behind the cache is the cache itself, on another port.
backend default {
  .host = "127.0.0.1";
  .port = "8081";
}

sub vcl_recv {
  if (local.socket == "origin") {
    return (synth(200, "from behind"));
  }
}
