"""An OpenAI-compatible server of embeddings on loopback: all-MiniLM-L6-v2 with int8 weights, run by onnxruntime.

Usage: embed.py MODEL.onnx TOKENIZER.json READY_FILE      writes its address into READY_FILE once it serves
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy
import onnxruntime
from tokenizers import Tokenizer

MODEL = "all-MiniLM-L6-v2"


class Encoder:
    """Texts to unit vectors: the mean of the last layer over the text's tokens, as the model was trained."""

    def __init__(self, model, tokenizer):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.names = {entry.name for entry in self.session.get_inputs()}
        self.tokenizer = Tokenizer.from_file(tokenizer)
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()

    def encode(self, texts):
        encoded = self.tokenizer.encode_batch(texts)
        mask = numpy.array([entry.attention_mask for entry in encoded], dtype=numpy.int64)
        inputs = {
            "input_ids": numpy.array([entry.ids for entry in encoded], dtype=numpy.int64),
            "attention_mask": mask,
            "token_type_ids": numpy.zeros_like(mask),
        }
        layer = self.session.run(None, {name: value for name, value in inputs.items() if name in self.names})[0]
        if layer.ndim == 3:
            weights = mask[:, :, None].astype(layer.dtype)
            layer = (layer * weights).sum(axis=1) / weights.sum(axis=1).clip(min=1)
        return layer / numpy.linalg.norm(layer, axis=1, keepdims=True).clip(min=1e-9)


def handler(encoder):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
            vectors = encoder.encode(texts)
            data = [
                {"object": "embedding", "index": index, "embedding": [round(float(value), 6) for value in vector]}
                for index, vector in enumerate(vectors)
            ]
            answer = json.dumps({"object": "list", "model": MODEL, "data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    return Handler


def main():
    model, tokenizer, ready = sys.argv[1:]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(Encoder(model, tokenizer)))
    with open(ready + ".new", "w", encoding="utf-8") as file:
        file.write(f"http://127.0.0.1:{server.server_address[1]}/v1\n")
    os.replace(ready + ".new", ready)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
