"""What is measured while it runs: every few seconds the processes and the files, all the time a small call from another process."""

import dataclasses, json, os, pathlib, statistics, subprocess, sys, threading, time

from store import live_bytes

INTERVAL = 3
MIB = 1 << 20


@dataclasses.dataclass
class Figures:
    """Of one process at one moment."""
    memory: float  # MiB
    descriptors: int
    threads: int

    @staticmethod
    def of(pid):
        status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
        return Figures(int(status["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")), int(status["Threads"]))


@dataclasses.dataclass
class Sample:
    at: float
    requests: int
    failures: int
    processes: dict  # By name; one that is away is not there.
    database: int
    log: int
    live: int
    data: int
    results: int  # Files and folders in the first node's working copies.
    calls: list = dataclasses.field(default_factory=list)  # ms since the sample before
    echoes: list = dataclasses.field(default_factory=list)


def size_of(folder):
    total = 0
    for path in pathlib.Path(folder).rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            pass
    return total


class Probe:
    """The other process; see probe.py."""

    def __init__(self, world, session):
        self.lock, self.calls, self.echoes = threading.Lock(), [], []
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("probe.py"), world.address, session],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(world.user_key + "\n")
        self.process.stdin.flush()
        self.failed, self.world = 0, world
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            with self.lock:
                self.calls += said["calls"]
                self.echoes += said["echoes"]
                if not self.world.is_disturbed:
                    self.failed += said["failed"]

    def take(self):
        with self.lock:
            taken = self.calls, self.echoes
            self.calls, self.echoes = [], []
            return taken

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Sampler:
    def __init__(self, world, tally, probe):
        self.world, self.tally, self.probe, self.samples = world, tally, probe, []
        self.began = time.monotonic()

    def run(self, over):
        minute = 0
        while not over.wait(INTERVAL):
            # kai-session is not away, and is not stopped while its database is open here.
            with self.world.away:
                self.samples.append(self.take())
            if self.samples[-1].at - self.began > 60 * (minute + 1):
                minute += 1
                print(self.line(minute), flush=True)
        if self.samples and self.samples[-1].at - self.began > 60 * minute + INTERVAL:
            print(self.line(minute + 1), flush=True)

    def take(self):
        data = self.world.data
        calls, echoes = self.probe.take()
        processes = {}
        for name, process in [("kai-session", self.world.process)] + [(node.name, node.process) for node in self.world.nodes]:
            try:
                processes[name] = Figures.of(process.pid)
            except (OSError, KeyError):  # It was killed; what is left of it has no memory.
                pass
        log = data / "kai.db-wal"
        return Sample(
            time.monotonic(), self.tally.requests, self.tally.failures, processes, (data / "kai.db").stat().st_size,
            log.stat().st_size if log.exists() else 0, live_bytes(data), size_of(data),
            sum(1 for _ in self.world.nodes[0].results.rglob("*")), calls, echoes)

    HEAD = (
        "min  requests failed |  kai-session   |     node-1     |     node-2     |"
        "    kai.db   live    log   data | files |  p50   p99  echo\n"
        "                     |  MiB   fds thr |  MiB   fds thr |  MiB   fds thr |"
        "       MiB    MiB    MiB    MiB |       |   ms    ms    ms")

    def line(self, minute):
        """One minute of the table: medians of its samples."""
        start = self.began + 60 * (minute - 1)
        samples = [sample for sample in self.samples if start <= sample.at < start + 60]
        if not samples:
            return f"{minute:3}  nothing was measured"
        last = samples[-1]
        text = f"{minute:3}  {last.requests:8} {last.failures:6} |"
        for name in ("kai-session", "node-1", "node-2"):
            known = [sample.processes[name] for sample in samples if name in sample.processes]
            text += "{:6.1f} {:4.0f} {:3.0f} |".format(
                *(statistics.median(getattr(figures, field) for figures in known) for field in ("memory", "descriptors", "threads"))
            ) if known else "     -    -   - |"
        files = [statistics.median(getattr(sample, field) for sample in samples) / MIB for field in ("database", "live", "log", "data")]
        text += "{:10.1f} {:6.1f} {:6.1f} {:6.1f} |".format(*files)
        calls = [call for sample in samples for call in sample.calls]
        echoes = [echo for sample in samples for echo in sample.echoes]
        return text + f"{last.results:6} |{percentile(calls, 50):5.1f} {percentile(calls, 99):5.1f} {percentile(echoes, 50):5.2f}"


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)] if values else 0.0
