"""Soaks kai-session and two nodes: everything that users do, in a loop, and a verdict on what grows.

Usage: run.py BINARIES [--minutes N] [--users N] [--leak]
"""

import argparse, random, sys, threading, time

from counted import Tally, User
from operations import Operator
from rounds import PARTS, Round
from rudeness import Rude
from samples import Probe, Sampler
from store import Contents
from verdict import Verdict, judge_calls, judge_latency, judge_process, judge_store, judge_working_copies
from world import ALIAS, World, kai


def use(world, tally, over, number, leaks):
    """One user's rounds until it is over. The control opens a connection for each and never closes it."""
    chance = random.Random(number)
    node_key = (world.folder / "agent.key").read_text()
    user, node_user = User(world, tally), User(world, tally, node_key)
    left_open = []
    while not over.wait(0.05):
        if leaks:
            left_open.append(user)
            user = User(world, tally)
        Round(user, node_user, chance, leaks).run()
        if chance.random() < 0.1:
            user.reconnect()


def be_rude(world, tally, over):
    rude = Rude(world, tally, random.Random(0))
    while not over.wait(0.5):
        rude.run()


def guarded(tally, over, work, *arguments):
    """A thread of ours that ends before it is over has failed."""
    def run():
        try:
            work(*arguments)
        except Exception as failure:
            tally.fail("the soak itself", failure)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def settle(world, before, patience):
    """Waits until the tables are as they were, or housekeeping has had its minute."""
    deadline = time.monotonic() + patience
    while True:
        contents = Contents(world.data)
        grown = contents.grown(before, spared=("replies", "reply_subjects", "keys", "vector_removals"))
        if not grown or time.monotonic() > deadline:
            return contents
        time.sleep(2)


def soak(world, options):
    tally, over = Tally(), threading.Event()
    first = User(world, tally)
    # Each part once, so that everything that is made once is there before it is measured.
    Round(first, User(world, tally, (world.folder / "agent.key").read_text()), random.Random(0)).run(PARTS)
    own = first.call("session.create", kai.SessionCreateRequest(db_connection_id=ALIAS)).id
    before = Contents(world.data)
    probe = Probe(world, own)
    sampler, operator = Sampler(world, tally, probe), Operator(world, tally, over, options.leak)
    start_requests, start = tally.requests, time.monotonic()
    print(Sampler.HEAD, flush=True)
    threads = [guarded(tally, over, use, world, tally, over, number, options.leak) for number in range(options.users)]
    threads.append(guarded(tally, over, be_rude, world, tally, over))
    # The service is restarted after a quarter, so that the thirds which are compared are of one process.
    threads.append(guarded(tally, over, operator.run, options.minutes * 60 / 4))
    sampling = threading.Event()
    threads.append(guarded(tally, sampling, sampler.run, sampling))
    time.sleep(options.minutes * 60)
    sampling.set()
    over.set()
    for thread in threads:
        thread.join(120)
        if thread.is_alive():
            tally.fail("the soak itself", "a thread does not end")
    probe.end()
    after = settle(world, before, 5 if options.leak else 75)
    requests = tally.requests - start_requests

    verdict = Verdict()
    print(f"\n{requests} requests in {options.minutes:g} minutes, {operator.kills} kills of node-2, one restart of kai-session")
    judge_process(verdict, sampler.samples, "kai-session", world.started_at)
    judge_process(verdict, sampler.samples, "node-1", start)
    judge_latency(verdict, sampler.samples, world.started_at)
    judge_store(verdict, before, after, requests, operator.keys_made)
    judge_working_copies(verdict, world)
    judge_calls(verdict, tally, probe, operator)
    return verdict.is_flat and world.is_alive


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--users", type=int, default=3, help="how many do their rounds at once")
    parser.add_argument("--leak", action="store_true", help="the control: connections stay open and sessions are never deleted")
    options = parser.parse_args()
    world = World(options.binaries)
    try:
        is_flat = soak(world, options)
    finally:
        world.stop()
    print("soak: everything is flat" if is_flat else "soak: not flat")
    sys.exit(0 if is_flat else 1)


main()
