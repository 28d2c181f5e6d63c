"""Google's protobuf reads what we write, and we read what it writes, for every message of docs/kai.proto.

Usage: protobuf_test.py KAI_FUZZ_BINARY [SEED]
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as F

ROOT = pathlib.Path(__file__).resolve().parents[3]


def load_messages():
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(
            ["protoc", f"-I{ROOT / 'docs'}", f"--descriptor_set_out={out.name}", "kai.proto"], check=True
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    names = [message.name for message in files.file[0].message_type]
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"kai.v1.{name}")) for name in names
    }


def random_value(rng, field, depth):
    kind = field.type
    if kind == F.TYPE_STRING:
        return "".join(rng.choice(["a", "é", "日", '"', "\n", "🛫"]) for _ in range(rng.randrange(6)))
    if kind == F.TYPE_BYTES:
        return rng.randbytes(rng.randrange(8))
    if kind == F.TYPE_BOOL:
        return rng.random() < 0.5
    if kind == F.TYPE_UINT32:
        return rng.choice([0, 1, 127, 128, 2**32 - 1, rng.randrange(2**32)])
    if kind == F.TYPE_UINT64:
        return rng.choice([0, 1, 2**64 - 1, rng.randrange(2**64)])
    if kind == F.TYPE_INT64:
        return rng.choice([0, -1, 2**63 - 1, -(2**63), rng.randrange(-(2**63), 2**63)])
    if kind == F.TYPE_DOUBLE:
        return rng.choice([0.0, -0.0, 1.5, float("inf"), -2.25e300])
    if kind == F.TYPE_ENUM:
        return rng.choice([value.number for value in field.enum_type.values])
    raise AssertionError(f"{field.full_name} has type {kind}, which the protocol does not use")


def fill(rng, message, depth=0):
    for field in message.DESCRIPTOR.fields:
        repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == F.LABEL_REPEATED
        if rng.random() < 0.3 or depth > 4:
            continue
        if field.type == F.TYPE_MESSAGE:
            if repeated:
                for _ in range(rng.randrange(3)):
                    fill(rng, getattr(message, field.name).add(), depth + 1)
            else:
                part = getattr(message, field.name)
                part.SetInParent()
                fill(rng, part, depth + 1)
        elif repeated:
            getattr(message, field.name).extend(random_value(rng, field, depth) for _ in range(rng.randrange(4)))
        else:
            setattr(message, field.name, random_value(rng, field, depth))
    return message


def ours_read_by_google(messages):
    count = 0
    for line in (ROOT / "Tests/WireTests/Vectors/messages.jsonl").read_text().splitlines():
        vector = json.loads(line)
        ours = bytes.fromhex(vector["hex"])
        message = messages[vector["message"]].FromString(ours)
        assert message.SerializeToString(deterministic=True) == ours, vector["message"]
        count += 1
    return count


def google_read_by_us(messages, binary, seed):
    rng = random.Random(seed)
    sent = []
    for name, kind in messages.items():
        for _ in range(10):
            sent.append((name, fill(rng, kind()).SerializeToString(deterministic=True)))
    text = "".join(f"{name} {data.hex()}\n" for name, data in sent)
    answers = subprocess.run([binary, "recode"], input=text, text=True, capture_output=True, check=True).stdout
    lines = answers.split("\n")[:-1]
    assert len(lines) == len(sent), f"{len(lines)} answers to {len(sent)} messages"
    for (name, data), answer in zip(sent, lines):
        assert answer == data.hex(), f"{name}: sent {data.hex()}, got {answer}"
    return len(sent)


def main():
    messages = load_messages()
    read = ours_read_by_google(messages)
    covered = {json.loads(line)["message"] for line in
               (ROOT / "Tests/WireTests/Vectors/messages.jsonl").read_text().splitlines()}
    assert covered == set(messages), f"not in both: {covered ^ set(messages)}"
    written = google_read_by_us(messages, sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(f"protobuf: {len(messages)} messages, {read} of ours read by Google's, {written} of Google's read by us")


if __name__ == "__main__":
    main()
