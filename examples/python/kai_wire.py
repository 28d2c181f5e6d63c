"""A client of the Wire protocol, written from docs/PROTOCOL.md and docs/kai.proto. Section numbers are PROTOCOL.md's."""

import collections, hashlib, hmac, pathlib, queue, re, secrets, socket, struct, subprocess, tempfile, threading, types, zlib

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
DICTIONARY = (DOCS / "dictionary-1.txt").read_bytes()
ERRORS = dict(re.findall(r"^\| (\d+) \| `(\w+)`", (DOCS / "ERRORS.md").read_text(), re.M))
# name: (number, request, response or item, "stream " or "", "  [idempotency key]" or "")
METHODS = {
    name: (int(number), asks, answers, streams, mutates)
    for number, name, asks, streams, answers, mutates in re.findall(
        r"^//   (\d+)  (\S+)\((\w+).*?\) -> (stream )?(\w+)(  \[idempotency key\])?  \{", (DOCS / "kai.proto").read_text(), re.M
    )
}

HELLO, CHALLENGE, AUTH, READY, GOAWAY, PING, PONG = 1, 2, 3, 4, 5, 6, 7
REQUEST, RESPONSE, ITEM, UPLOAD, CREDIT, CANCEL, ERROR = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16
END, ATTACHMENT, REPLAYED = 0x0001, 0x0002, 0x0100
CHUNK, WINDOW_BYTES, WINDOW_ITEMS = 256 * 1024, 1024 * 1024, 256


def load_messages():
    """The classes of the messages and the numbers of the enums, from kai.proto as it is now."""
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", f"-I{DOCS}", f"--descriptor_set_out={out.name}", "kai.proto"], check=True)
        file = descriptor_pb2.FileDescriptorSet.FromString(out.read()).file[0]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = {m.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"kai.v1.{m.name}")) for m in file.message_type}
    names |= {value.name: value.number for enum in file.enum_type for value in enum.value}
    return types.SimpleNamespace(**names)


kai = load_messages()


class Failure(Exception):
    """What an ERROR said."""

    def __init__(self, error):
        self.name, self.error = ERRORS.get(str(error.code), "connection_lost"), error
        super().__init__(f"{self.name}: {error.message}")


Reply = collections.namedtuple("Reply", "message attachment replayed")  # A RESPONSE or an ITEM.


class Stream:
    """One request under way: what has come for it, and the credit that it has for uploads."""

    def __init__(self, connection, number, answer, has_items):
        self.connection, self.number, self.answer, self.has_items = connection, number, answer, has_items
        self.arrived, self.credit, self.granted, self.is_over = queue.Queue(), WINDOW_BYTES, threading.Condition(), False

    def next(self):
        """The next Reply, and whether it is the last one."""
        kind, reply = self.arrived.get()
        if kind == ERROR:
            raise Failure(reply)
        return reply, kind == RESPONSE

    def __iter__(self):
        """The items of a streaming call. What was worked off is granted again, half a window at a time (section 4)."""
        used_bytes = used_items = 0
        while True:
            reply, is_last = self.next()
            if is_last:
                return
            yield reply
            used_bytes += reply.message.ByteSize() + len(reply.attachment)
            used_items += 1
            if used_bytes >= WINDOW_BYTES // 2 or used_items >= WINDOW_ITEMS // 2:
                self.connection.send(CREDIT, self.number, struct.pack(">II", used_bytes, used_items))
                used_bytes = used_items = 0

    def cancel(self):
        self.connection.send(CANCEL, self.number)


class Connection:
    def __init__(self, address, key, name="kai_wire.py"):
        host, port = address.rsplit(":", 1)
        self.key_id, secret = key.strip().split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sending, self.opening = threading.Lock(), threading.Lock()
        self.streams, self.last_stream, self.end = {}, -1, None
        self.handshake(bytes.fromhex(secret), name)
        self.socket.settimeout(None)
        threading.Thread(target=self.receive, daemon=True).start()

    # Section 3.
    def handshake(self, secret, name):
        ours, limits = b"KAIW\1\1\0\0", kai.ConnectionLimits(max_frame_bytes=4 << 20, max_message_bytes=4 << 20)
        hello = kai.Hello(key_id=self.key_id, nonce=secrets.token_bytes(32), name=name, features=1, limits=limits).SerializeToString()
        self.socket.sendall(ours)
        self.send(HELLO, 0, hello, may_compress=False)
        theirs = self.exactly(8)
        assert theirs[:4] == b"KAIW" and theirs[4] == 1, f"the server chose version {theirs[4]}"
        challenge = self.expect(CHALLENGE)
        digest = hashlib.sha256(ours + theirs)
        for body in (hello, challenge):
            digest.update(struct.pack(">I", len(body)) + body)
        said = digest.digest()
        proof = hmac.digest(secret, b"kaiw1 client" + said, "sha256")
        self.send(AUTH, 0, kai.Auth(proof=proof).SerializeToString(), may_compress=False)
        ready = kai.Ready.FromString(self.expect(READY))
        self.limits, self.role = ready.limits, ready.role
        agreed = (self.limits.max_frame_bytes, self.limits.max_message_bytes, self.limits.max_streams, ready.role)
        wanted = hmac.digest(secret, b"kaiw1 server" + said + struct.pack(">IIII", *agreed), "sha256")
        assert hmac.compare_digest(ready.proof, wanted), "the server does not have the key"

    def expect(self, kind):
        got, _, _, body = self.read_frame()
        if got == ERROR:
            raise Failure(kai.Error.FromString(body))
        assert got == kind, f"frame type {got} in the handshake"
        return body

    # Section 2.
    def send(self, kind, stream, body=b"", flags=0, may_compress=True):
        raw, codec = body, 0
        if may_compress and len(body) >= 512:
            packer = zlib.compressobj(level=1, zdict=DICTIONARY)
            packed = packer.compress(body) + packer.flush()
            if len(packed) <= len(body) * 9 // 10:
                body, codec = packed, 2
        head = struct.pack(">IBBHIII", len(body), kind, codec, flags, stream, len(raw), zlib.crc32(body))
        with self.sending:
            self.socket.sendall(head + struct.pack(">I", zlib.crc32(head)) + body)

    def exactly(self, count):
        data = bytearray()
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionError("the server closed the connection")
            data += piece
        return bytes(data)

    def read_frame(self):
        head = self.exactly(24)
        assert zlib.crc32(head[:20]) == struct.unpack(">I", head[20:])[0], "the header's checksum"
        length, kind, codec, flags, stream, raw_length, crc = struct.unpack(">IBBHIII", head[:20])
        body = self.exactly(length)
        assert zlib.crc32(body) == crc, "the body's checksum"
        if codec:
            unpacker = zlib.decompressobj(zdict=DICTIONARY) if codec == 2 else zlib.decompressobj()
            body = unpacker.decompress(body, raw_length)
            assert unpacker.eof and not unpacker.unused_data, "a whole zlib stream"
        assert len(body) == raw_length
        return kind, flags, stream, body

    def receive(self):
        try:
            while True:
                kind, flags, number, body = self.read_frame()
                stream = self.streams.get(number)
                if kind == PING:
                    self.send(PONG, 0, body)
                elif kind == ERROR and number == 0:
                    raise Failure(kai.Error.FromString(body))
                elif kind == CREDIT and stream:
                    with stream.granted:
                        stream.credit += struct.unpack(">II", body)[0]
                        stream.granted.notify_all()
                elif kind in (RESPONSE, ITEM, ERROR) and stream:
                    self.deliver(stream, kind, flags, body)
        except (OSError, Failure) as end:
            self.end = end.error if isinstance(end, Failure) else kai.Error(message=str(end), effect=kai.EFFECT_UNKNOWN)
            for stream in list(self.streams.values()):
                self.finish(stream)
                stream.arrived.put((ERROR, self.end))

    def deliver(self, stream, kind, flags, body):
        if kind == ERROR:
            reply = kai.Error.FromString(body)
        else:
            head, _, length = struct.unpack(">HHI", body[:8])
            message = body[8 + head : 8 + head + length]
            answer = stream.answer if kind == ITEM or not stream.has_items else kai.Empty
            reply = Reply(answer.FromString(message), body[8 + head + length :], bool(flags & REPLAYED))
        if kind != ITEM:
            self.finish(stream)
        stream.arrived.put((kind, reply))

    def finish(self, stream):
        self.streams.pop(stream.number, None)
        with stream.granted:
            stream.is_over = True
            stream.granted.notify_all()

    # Sections 4 and 6.
    def open(self, method, request, attachment=b"", key=None, timeout_ms=0):
        """Sends a REQUEST; a method that changes something gets an idempotency key of its own unless there is one."""
        number, asks, answers, streams, mutates = METHODS[method]
        assert request is None or type(request) is getattr(kai, asks), f"{method} takes {asks}"
        head = kai.RequestHead(method=number, timeout_ms=timeout_ms)
        if streams:
            head.initial_bytes, head.initial_items = WINDOW_BYTES, WINDOW_ITEMS
        if mutates:
            head.idempotency_key = key or secrets.token_bytes(16)
        head = head.SerializeToString()
        message = request.SerializeToString() if request else b""
        body = struct.pack(">HHI", len(head), 0, len(message)) + head + message + attachment
        with self.opening:  # Ids must rise in the order in which they are sent.
            self.last_stream += 2
            stream = self.streams[self.last_stream] = Stream(self, self.last_stream, getattr(kai, answers), bool(streams))
            if self.end:
                raise Failure(self.end)
            self.send(REQUEST, stream.number, body, ATTACHMENT if attachment else 0)
        return stream

    def call(self, method, request=None, attachment=b"", key=None, timeout_ms=30_000):
        return self.open(method, request, attachment, key, timeout_ms).next()[0]

    def stream(self, method, request):
        return self.open(method, request)

    def upload(self, method, request, content, key=None):
        stream = self.open(method, request, key=key)
        chunks = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)] or [b""]
        for index, chunk in enumerate(chunks):
            with stream.granted:
                stream.granted.wait_for(lambda: stream.credit > 0 or stream.is_over)
                stream.credit -= len(chunk)
            if stream.is_over:
                break
            flags = (ATTACHMENT if chunk else 0) | (END if index == len(chunks) - 1 else 0)
            self.send(UPLOAD, stream.number, struct.pack(">HHI", 0, 0, 0) + chunk, flags)
        return stream.next()[0]
