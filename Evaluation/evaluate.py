"""Asks the questions of questions.tsv twice, through kai-agent and as one plain prompt to the same model, and scores both by
execution match.

A score is 1 when the SQL gives what the gold SQL gives: each gold column has a column of its own in the result with which the
rows are the same, as a multiset, or in order where the question asks for one. More columns are allowed, names do not matter,
numbers are compared to nine digits. The agent's SQL is the last query of its task that the database answered.
"""

import argparse
import csv
import itertools
import json
import os
import re
import sqlite3
import statistics
import subprocess
import time
import urllib.request
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT_ROWS = 20_000


class Databases:
    def __init__(self, folder, uri):
        import psycopg

        self.sqlite = {name: sqlite3.connect(f"file:{folder}/{name}.db?mode=ro", uri=True) for name in ("flights", "almanac")}
        self.postgres = psycopg.connect(uri, autocommit=True)
        self.postgres.execute("SET default_transaction_read_only = on; SET statement_timeout = '30s'")

    def run(self, name, sql):
        if name == "baseball":
            return self.postgres.execute(sql).fetchmany(LIMIT_ROWS)
        connection = self.sqlite[name]
        end = time.monotonic() + 30
        connection.set_progress_handler(lambda: time.monotonic() > end, 100_000)
        return connection.execute(sql).fetchmany(LIMIT_ROWS)

    def schema(self, name):
        if name != "baseball":
            return ";\n".join(row[0] for row in self.sqlite[name].execute("SELECT sql FROM sqlite_schema WHERE type = 'table'"))
        tables = {}
        for table, column, kind in self.postgres.execute(
                "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
                " ORDER BY table_name, ordinal_position"):
            tables.setdefault(table, []).append(f"  {column} {kind}")
        return ";\n".join(f"CREATE TABLE {table} (\n" + ",\n".join(columns) + "\n)" for table, columns in tables.items())


def plain(value):
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float, Decimal)):
        return float(f"{float(value):.9g}")
    return str(value)


def matches(gold, rows, ordered):
    """Whether some columns of `rows`, in some order, are the gold columns row by row."""
    gold = [tuple(plain(cell) for cell in row) for row in gold]
    rows = [tuple(plain(cell) for cell in row) for row in rows]
    if len(gold) != len(rows):
        return False
    if not gold:
        return True
    key = repr
    candidates = []
    for index in range(len(gold[0])):
        wanted = sorted((row[index] for row in gold), key=key)
        found = [i for i in range(len(rows[0])) if sorted((row[i] for row in rows), key=key) == wanted]
        candidates.append(found)
    for choice in itertools.islice(itertools.product(*candidates), 5_000):
        if len(set(choice)) < len(choice):
            continue
        picked = [tuple(row[i] for i in choice) for row in rows]
        if picked == gold or (not ordered and sorted(picked, key=key) == sorted(gold, key=key)):
            return True
    return False


def read_sql(text):
    found = re.search(r"```(?:sql)?\s*(.*?)```", text, re.S)
    sql = (found.group(1) if found else text).strip()
    return sql.split(";")[0].strip()


def ask_plain(url, model, dialect, schema, question):
    body = {
        "model": model, "temperature": 0, "max_tokens": 400,
        "messages": [
            {"role": "system", "content": f"You write {dialect} queries. The database has these tables:\n\n{schema}\n\n"
                                          "Answer with one SELECT statement in a ```sql block and nothing else."},
            {"role": "user", "content": question},
        ],
    }
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as response:
        reply = json.load(response)
    usage = reply.get("usage", {})
    return read_sql(reply["choices"][0]["message"]["content"] or ""), usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)


def ask_agent(kaictl, connection, question):
    done = subprocess.run(
        [kaictl, "ask", "--connection", connection, "--mode", "query", "--recursion-limit", "8", "--max-time", "5m", "-o", "json",
         question], capture_output=True, text=True)
    try:
        task = json.loads(done.stdout)
    except json.JSONDecodeError:
        return None, {"error": done.stderr[-500:]}
    result = task.get("result") or {}
    queries = [used["sql"] for used in result.get("sql_used", [])]
    usage = result.get("usage") or {}
    return (queries[-1] if queries else None), {
        "task": task["id"], "session": task["session_id"], "status": task["status"], "answer": result.get("answer", ""),
        "steps": int(result.get("steps", 0)), "input": int(usage.get("input_tokens", 0)),
        "output": int(usage.get("output_tokens", 0)), "untraced": result.get("untraced_numbers", [])}


def score(databases, entry, sql):
    if not sql:
        return False, "no SQL"
    gold = databases.run(entry["database"], entry["sql"])
    try:
        rows = databases.run(entry["database"], sql)
    except Exception as error:  # whatever a database says of somebody's SQL
        return False, str(error).splitlines()[0][:120]
    return matches(gold, rows, entry["order"] == "ordered"), f"{len(rows)} rows"


def report(name, results, key):
    rows = [result[key] for result in results if key in result]
    if not rows:
        return
    right = sum(row["right"] for row in rows)
    print(f"{name}: {right} of {len(rows)} right ({100 * right / len(rows):.0f} %), median {statistics.median(row['seconds'] for row in rows):.1f} s, "
          f"{statistics.median(row['input'] for row in rows):.0f} tokens in, {statistics.median(row['output'] for row in rows):.0f} out"
          + (f", {statistics.median(row['steps'] for row in rows):.0f} steps" if key == "agent" else "") + " a question")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--kaictl", required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--questions", default="", help="ids, or prefixes of ids, with commas; all when left out")
    parser.add_argument("--only", choices=["agent", "plain"])
    parser.add_argument("--results", required=True)
    options = parser.parse_args()
    databases = Databases(options.folder, options.postgres)
    with open(os.path.join(HERE, "questions.tsv"), encoding="utf-8") as lines:
        names = ["id", "database", "level", "order", "question", "sql"]
        entries = [dict(zip(names, row)) for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]
    wanted = [part for part in options.questions.split(",") if part]
    if wanted:
        entries = [entry for entry in entries if any(entry["id"].startswith(part) for part in wanted)]
    results = []
    # One way after the other, so that each has the server's cache of its own prompts.
    for way in ["plain", "agent"]:
        if options.only not in (None, way):
            continue
        for entry in entries:
            start = time.monotonic()
            more = {}
            if way == "plain":
                dialect = "PostgreSQL" if entry["database"] == "baseball" else "SQLite"
                sql, given, written = ask_plain(
                    options.url, options.model, dialect, databases.schema(entry["database"]), entry["question"])
                more = {"input": given, "output": written}
            else:
                sql, more = ask_agent(options.kaictl, entry["database"], entry["question"])
            seconds = time.monotonic() - start
            right, note = score(databases, entry, sql)
            row = {"input": 0, "output": 0, "steps": 0, **more, "sql": sql, "right": right, "note": note, "seconds": seconds}
            found = next((result for result in results if result["id"] == entry["id"]), None)
            if found is None:
                found = {"id": entry["id"], "level": entry["level"], "question": entry["question"]}
                results.append(found)
            found[way] = row
            print(f"{entry['id']} {way:5} {'right' if right else 'wrong'} {seconds:6.1f} s  {note}", flush=True)
            with open(options.results, "w", encoding="utf-8") as file:
                json.dump(results, file, indent=1)
    for level in sorted({result["level"] for result in results}):
        part = [result for result in results if result["level"] == level]
        counts = [f"{way} {sum(r[way]['right'] for r in part if way in r)} of {sum(way in r for r in part)}" for way in ("plain", "agent")]
        print(f"level {level}: " + ", ".join(counts))
    report("plain prompt", results, "plain")
    report("kai-agent", results, "agent")


if __name__ == "__main__":
    main()
