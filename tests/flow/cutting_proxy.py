#!/usr/bin/env python3
"""A bad way to a server on loopback: cutting_proxy.py PORT TARGET_PORT SEED LOG [FAULTS]

Of every ten connections some are reset, cut short, held up, or have a byte changed, after as many bytes as the seed says; the rest pass. Each fault is a line of LOG. FAULTS are those to
choose from for each connection, with commas between them: `pass`, `reset`, `cut`, `delay`, `change`, and `refuse`, which answers its first request with 503.
"""
import random
import socket
import struct
import sys
import threading
import time

PORT, TARGET, SEED, LOG = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
FAULTS = sys.argv[5].split(",") if len(sys.argv) > 5 else ["pass"] * 4 + ["reset", "reset", "cut", "delay", "change", "change"]
CHANCE = random.Random(SEED)
LOCK = threading.Lock()


def note(fault):
    with LOCK, open(LOG, "a") as log:
        log.write(fault + "\n")


def reset(*sockets):
    for each in sockets:
        try:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.shutdown(socket.SHUT_RD)  # wakes the thread that reads it, else its hold on it keeps the reset back
            each.close()
        except OSError:
            pass


def pump(source, sink, fault, after):
    """Moves bytes one way until `after` of them have passed, and then does what `fault` says."""
    passed = 0
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            if fault and passed + len(data) > after:
                at = max(0, after - passed)
                note(fault)
                if fault == "reset":
                    sink.sendall(data[:at])
                    reset(source, sink)
                    return
                if fault == "cut":
                    sink.sendall(data[:at])
                    break
                if fault == "delay":
                    time.sleep(0.3)
                if fault == "change":
                    data = data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1:]
                fault = None
            passed += len(data)
            sink.sendall(data)
    except OSError:
        pass
    for each in (source, sink):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def refuse(client):
    """As a server that is too busy: the request is read as far as it comes at once, and not done."""
    note("refuse")
    try:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        client.settimeout(2)
        while client.recv(65536):
            pass
    except OSError:
        pass
    client.close()


def serve(client):
    try:
        server = socket.create_connection(("127.0.0.1", TARGET))
    except OSError:
        client.close()
        return
    with LOCK:
        fault = CHANCE.choice(FAULTS)
        fault = None if fault == "pass" else fault
        towards = CHANCE.random() < 0.5
        after = CHANCE.choice([0, 200, 1500, 8000, 20000]) + CHANCE.randrange(1000)
        if fault == "change":
            after += 4000  # of a body: a changed length in a head only makes both wait
    if fault == "refuse":
        server.close()
        threading.Thread(target=refuse, args=(client,), daemon=True).start()
        return
    threading.Thread(target=pump, args=(client, server, fault if towards else None, after), daemon=True).start()
    threading.Thread(target=pump, args=(server, client, None if towards else fault, after), daemon=True).start()


with socket.create_server(("127.0.0.1", PORT), backlog=128) as listener:
    while True:
        connection, _ = listener.accept()
        serve(connection)
