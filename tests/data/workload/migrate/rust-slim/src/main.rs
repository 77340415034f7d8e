use std::io::{Read, Write};

fn main() {
    let server = std::net::TcpListener::bind("0.0.0.0:8080").unwrap();
    for client in server.incoming() {
        let mut client = client.unwrap();
        let mut request = [0; 1024];
        let _ = client.read(&mut request);
        let _ = client.write_all(b"HTTP/1.0 200 OK\r\n\r\nhello from rust");
    }
}
