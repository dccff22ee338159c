#!/usr/bin/env python3
"""A client in Python, with nothing but its standard library: it talks to a node as Perl nodes do (docs/base-protocol.md).

    AEMP_SECRET="..." cargo run -p aemp --example adder               # prints a port ID
    AEMP_SECRET="..." examples/clients/client.py PORT-ID

It proves that it has the secret, calls the port, is called back, monitors the port and is monitored by it. With
AEMP_LEGACY_CERTIFICATE, a file with a certificate and its key that both share, all of that happens inside TLS.
"""

import codecs
import hashlib
import hmac
import json
import os
import secrets
import socket
import ssl
import sys
import time

PATIENCE = 20.0  # seconds


class Refused(Exception):
    """The other side is not who it should be, or does not want us."""


class Connection:
    """An authenticated connection to one node. Messages are lists: the name of a port, and what is said to it."""

    def __init__(self, host, port, secret, certificate=None):
        self.socket = socket.create_connection((host, port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.me = "client/" + secrets.token_hex(8)
        self.json, self.utf8, self.received = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8")(), ""
        own, other = self.greet(certificate)
        tls = certificate is not None and ";tls=1." in other.split("\n")[0]
        if tls:
            self.start_tls(certificate, own.split("\n")[1] < other.split("\n")[1])

        def proof(sender, receiver):
            if tls:
                return "tls_sha3_512;" + hashlib.sha3_512((sender + receiver).encode()).hexdigest()
            return "hmac_sha3_512;" + hmac.new(secret, (sender + receiver).encode(), hashlib.sha3_512).hexdigest()

        self.socket.sendall((proof(own, other) + ";json\n").encode())
        line = self.line()
        # What follows the framing may be ignored.
        method, token, framing = line.rstrip("\n").split(";")[:3]
        if not hmac.compare_digest(f"{method};{token}", proof(other, own)) or framing != "json":
            raise Refused("it did not prove that it is a member")

    def greet(self, certificate):
        """Says who we are, and reads who the other is: two lines each."""
        auths = "tls_sha3_512" if certificate else "hmac_sha3_512"
        tls = ";tls=1.0" if certificate else ""
        own = f"aemp;1;{self.me};{auths};json;provider=client.py{tls}\n{secrets.token_hex(32)}\n"
        self.socket.sendall(own.encode())
        other = self.line() + self.line()
        if not other.startswith("aemp;1;") or other.split("\n")[1] == own.split("\n")[1]:
            raise Refused("it is no node")
        return own, other

    def line(self):
        """One line, octet by octet: what stands behind it may belong to TLS."""
        line = b""
        while not line.endswith(b"\n"):
            octet = self.socket.recv(1)
            if not octet or len(line) > 4096:
                raise Refused("it closed the connection, or says too much")
            line += octet
        return line.decode().replace("\r\n", "\n")

    def start_tls(self, certificate, client):
        """Who has the lower nonce is the client, whoever connected. Each side shows a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if client else ssl.PROTOCOL_TLS_SERVER)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(certificate)
        context.load_verify_locations(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=not client)

    def send(self, *message):
        self.socket.sendall(json.dumps(message).encode())

    def receive(self):
        """The next message."""
        while True:
            try:
                message, end = self.json.raw_decode(self.received)
                self.received = self.received[end:].lstrip()
                return message
            except json.JSONDecodeError:
                octets = self.socket.recv(65536)
                if not octets:
                    raise Refused("it closed the connection") from None
                self.received = (self.received + self.utf8.decode(octets)).lstrip()


def main(port_id):
    # The node ID says where the node listens: NAME@HOST:PORT.
    node, _, adder = port_id.partition("#")
    host, _, port = node.partition("@")[2].split(",")[0].rpartition(":")
    if not port.isdecimal():
        raise Refused(f"{node} says no address")
    secret = os.environ.get("AEMP_SECRET", "").strip().encode()
    connection = Connection(host.strip("[]"), int(port), secret, os.environ.get("AEMP_LEGACY_CERTIFICATE"))
    print(f"connected to {node}, {'inside TLS' if isinstance(connection.socket, ssl.SSLSocket) else 'in the clear'}")

    # Requests to the node itself go to its nameless port. This one asks to be told of the adder's death.
    connection.send("", "mon1", adder)
    # We have one port, called "sums".
    sums = f"{connection.me}#sums"
    connection.send(adder, "add", 2, 3, sums)
    connection.send(adder, "watch", sums)
    open_questions = {"sum", "watch"}
    while True:
        message = connection.receive()
        if message[:2] == ["", "time"]:
            # The node asks what time it is when it has heard nothing for a while, and gives up who does not answer.
            connection.send(message[2].partition("#")[2], *message[3:], time.time())
        elif message[:2] == ["sums", "sum"]:
            print(f"the sum is {message[2]}")
            open_questions.discard("sum")
        elif message == ["", "mon1", "sums"]:
            print("the adder watches our port")
            open_questions.discard("watch")
        elif message[:3] == ["", "kil0", adder]:
            print(f"the adder died: {': '.join(map(str, message[3:]))}")
            return
        if open_questions == set():
            # Our port is over, and who watches it is told why. The adder ends with it.
            connection.send("", "kil0", "sums", "done", "the client knows enough")
            open_questions.add("the end")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else sys.exit("client.py: give a port ID"))
    except (OSError, Refused, ValueError) as error:
        sys.exit(f"client.py: {error}")
