"""Runs the attacks against the real kai-session and prints what held.

Usage: run.py BINARIES [--controls] [--only WORD]
"""

import argparse, sys, time

from attacks import ALL
from server import Server


def attempt(binaries, attack, off=()):
    server = Server(binaries, *attack.options, off=off)
    try:
        start = time.monotonic()
        harm, told = attack.run(server)
        if not off and not harm and not server.is_alive:
            harm, told = True, told + "; the service is gone"
        return harm, f"{told} ({time.monotonic() - start:.0f} s)"
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--controls", action="store_true", help="also without the guard, where the attack must succeed")
    parser.add_argument("--only", default="", help="attacks with this word in their name")
    options = parser.parse_args()
    failed = 0
    for attack in ALL:
        if options.only not in attack.name:
            continue
        harm, told = attempt(options.binaries, attack)
        print(f"{'BROKEN' if harm else 'held  '}  {attack.name}: {told}", flush=True)
        failed += harm
        if options.controls and attack.guard:
            harm, told = attempt(options.binaries, attack, attack.guard.split(","))
            print(f"{'control' if harm else 'NO HARM'} without {attack.guard}: {told}", flush=True)
            failed += not harm
    print(f"attack: {failed} failed" if failed else "attack: everything held")
    sys.exit(1 if failed else 0)


main()
