"""Says whether it was flat: the last third of a process's life is compared with the middle third, the first being warm-up."""

import statistics

from samples import percentile
from store import REPLIES

MEMORY_PART, MEMORY_MIB = 0.15, 16  # Whichever is more.
DESCRIPTORS, THREADS = 8, 4
LATENCY = 1.5
KEPT_REMOVALS = 1000  # Vectors that went are remembered for as many changes.
UNEXPLAINED_BYTES = 512 * 1024  # Half-filled pages of the tables that were used meanwhile.


class Verdict:
    def __init__(self):
        self.is_flat = True

    def say(self, holds, text):
        print(f"{'flat  ' if holds else 'BROKEN'}  {text}", flush=True)
        self.is_flat &= holds


def thirds(samples, start):
    """The middle and the last third of what came after `start`."""
    samples = [sample for sample in samples if sample.at >= start]
    length = len(samples) // 3
    return samples[length : 2 * length], samples[2 * length :]


def slope(samples, value):
    """How much more for each 1000 requests, by least squares."""
    points = [(sample.requests / 1000, value(sample)) for sample in samples]
    x, y = (statistics.mean(axis) for axis in zip(*points))
    spread = sum((point[0] - x) ** 2 for point in points)
    return sum((point[0] - x) * (point[1] - y) for point in points) / spread if spread else 0.0


def judge_process(verdict, samples, name, start):
    middle, last = ([sample for sample in third if name in sample.processes] for third in thirds(samples, start))
    if not middle or not last:
        return verdict.say(False, f"{name}: was not measured long enough")
    for field, unit, more in (("memory", "MiB", None), ("descriptors", "", DESCRIPTORS), ("threads", "", THREADS)):
        before, after = (statistics.median(getattr(sample.processes[name], field) for sample in third) for third in (middle, last))
        allowed = more if more is not None else max(MEMORY_PART * before, MEMORY_MIB)
        trend = slope(middle + last, lambda sample: getattr(sample.processes[name], field))
        verdict.say(after - before <= allowed, f"{name}: {field} {before:.1f} -> {after:.1f} {unit} ({trend:+.2f} for 1000 requests)")


def judge_latency(verdict, samples, start):
    """A machine that became busier makes the echo slower, too: that much is not the service's."""
    figures = [[percentile([value for sample in third for value in getattr(sample, field)], 50) for third in thirds(samples, start)]
               for field in ("calls", "echoes")]
    (before, after), (echo_before, echo_after) = figures
    busier = max(1.0, echo_after / max(echo_before, 0.001))
    verdict.say(0 < after <= before * LATENCY * busier,
                f"a small call: p50 {before:.2f} -> {after:.2f} ms (an echo {echo_before:.2f} -> {echo_after:.2f} ms)")


def judge_store(verdict, before, after, requests, keys_made):
    """What may have come is what is kept for 24 hours, keys that were revoked, which stay in the list, and some removals."""
    kept = {name: after.rows[name] - before.rows[name] for name in ("replies", "reply_subjects")}
    growth, replies = after.growth(before), after.growth(before, REPLIES)
    thousands = requests / 1000
    print(f"        disk: {growth / 1024:+.0f} KiB live, {growth / 1024 / thousands:+.1f} KiB for 1000 requests; of it kept replies "
          f"{replies / 1024:+.0f} KiB ({kept['replies']} replies, {kept['reply_subjects']} of their subjects, for 24 h)")
    grown = after.grown(before, spared=("replies", "reply_subjects"))
    if grown.get("keys") == keys_made:
        del grown["keys"]
    if grown.get("vector_removals", 0) <= KEPT_REMOVALS:
        grown.pop("vector_removals", None)
    verdict.say(not grown, f"rows besides kept replies and {keys_made} revoked keys: {grown or 'none more than before'}")
    verdict.say(growth - replies <= UNEXPLAINED_BYTES,
                f"disk growth that kept replies do not explain: {(growth - replies) / 1024:+.0f} KiB")
    if growth - replies > UNEXPLAINED_BYTES:
        parts = {name: size - before.bytes.get(name, 0) for name, size in after.bytes.items() if name not in REPLIES}
        print("        " + ", ".join(f"{name} {more // 1024:+} KiB" for name, more in sorted(parts.items(), key=lambda part: -part[1])[:6]))


def judge_working_copies(verdict, world):
    """Only nodes that are attached are told to remove theirs (ARCHITECTURE.md): one that was away at a kill or the restart keeps some."""
    for node in world.nodes:
        sessions, left = list(node.results.glob("*/sess_*")), list(node.results.glob("c*"))
        later = [session for session in sessions if session.stat().st_mtime > world.restarted_at + 10]
        told = f"{node.name}: of deleted sessions {len(sessions)} working copies are left, {len(later)} of them from after the restart"
        if node is world.nodes[0]:
            verdict.say(not later, told)
        else:
            print(f"        {told} and with kills")
        print(f"        {node.name}: {len(left)} empty folders of deleted connections are left")


def judge_calls(verdict, tally, probe, operator):
    print(f"        {tally.requests} requests: " + ", ".join(f"{name} {count}" for name, count in sorted(tally.calls.items())))
    print(f"        repeated after the restart: {dict(tally.repeated) or 'none'}")
    print(f"        calls that were still answered after their key was revoked: {operator.served_after_revocation}")
    for reason in tally.reasons:
        print(f"        {reason}")
    verdict.say(not tally.failed, f"failures that should not be: {dict(tally.failed) or 'none'}")
    verdict.say(not probe.failed, f"failures of the small call: {probe.failed or 'none'}")
