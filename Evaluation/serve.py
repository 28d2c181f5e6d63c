"""An OpenAI-compatible server for a GGUF model on loopback: llama.cpp's own, through the package xllamacpp.

Usage: serve.py MODEL.gguf READY_FILE      writes its address into READY_FILE once it serves
"""

import os
import signal
import socket
import sys
import time

# Two threads that spin while they wait crawl on a busy machine of two cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import xllamacpp  # noqa: E402


def main():
    model, ready = sys.argv[1:]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = xllamacpp.CommonParams()
    settings.model.path = model
    settings.hostnames = ["127.0.0.1"] if isinstance(settings.hostnames, list) else "127.0.0.1"
    settings.port = port
    settings.n_ctx = 8192
    settings.n_parallel = 1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 2
    settings.cache_ram_mib = 512
    settings.ui = False
    settings.use_jinja = True
    settings.fit_params = False
    settings.warmup = False
    settings.model_alias = {"qwen-coder"} if isinstance(settings.model_alias, set) else "qwen-coder"
    server = xllamacpp.Server(settings)
    with open(ready + ".new", "w", encoding="utf-8") as file:
        file.write(f"http://127.0.0.1:{port}/v1\n")
    os.replace(ready + ".new", ready)
    print("serving", server.listening_address, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
