#!/usr/bin/env ruby
require "socket"

server = TCPServer.new(Integer(ENV.fetch("PORT", "4567")))
loop do
  client = server.accept
  client.gets
  client.write "HTTP/1.0 200 OK\r\n\r\nhello from ruby"
  client.close
end
