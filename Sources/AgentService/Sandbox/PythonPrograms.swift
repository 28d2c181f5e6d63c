/// What runs in the sandbox beside the code that it is made for.
enum PythonPrograms {
  /// Copies the session's files into the folder, runs the code, and writes what came of it to stdout: a line of JSON, then a tar
  /// archive of the files that are new or have changed. The code may do to it what it likes: what comes out is read as a
  /// stranger's.
  static let supervisor = """
    import io, json, os, shutil, subprocess, sys, tarfile, threading
    limit, most_files, most_bytes = (int(word) for word in sys.argv[1:4])
    def stamp(path):
        with open(path, 'rb') as file:
            import hashlib
            return hashlib.sha256(file.read()).hexdigest()
    before = {}
    for folder, _, names in os.walk('/input/session'):
        for name in names:
            source = os.path.join(folder, name)
            path = os.path.relpath(source, '/input/session')
            target = os.path.join('/session', path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
            before[path] = stamp(target)
    child = subprocess.Popen(['/usr/bin/python3', '-I', '-B', '-u', '-c',
        "import sys; sys.path.insert(0, '/input'); sys.path.insert(0, '/session'); sys.argv = ['code.py']; "
        "exec(compile(open('/input/code.py').read(), 'code.py', 'exec'), {'__name__': '__main__'})"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd='/session')
    head, tail, count = bytearray(), bytearray(), 0
    def drain():
        global tail, count
        while piece := child.stdout.read1(65536):
            count += len(piece)
            room = limit - len(head)
            head.extend(piece[:max(0, room)])
            tail = (tail + piece[max(0, room):])[-limit:]
    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    code = child.wait()
    reader.join(2)
    changed, skipped, size = [], [], 0
    for folder, folders, names in os.walk('/session'):
        folders[:] = sorted(name for name in folders if not name.startswith('.') and name != '__pycache__')
        for name in sorted(names):
            path = os.path.join(folder, name)
            short = os.path.relpath(path, '/session')
            if name.startswith('.') or os.path.islink(path) or not os.path.isfile(path):
                continue
            if before.get(short) == stamp(path):
                continue
            length = os.path.getsize(path)
            if len(changed) >= most_files or size + length > most_bytes:
                skipped.append(short)
                continue
            size += length
            changed.append(short)
    left_out = count - len(head) - len(tail)
    report = {'exit': code, 'output': bytes(head).decode('utf-8', 'replace'), 'left_out': left_out,
              'tail': bytes(tail).decode('utf-8', 'replace'), 'skipped': skipped[:20]}
    out = sys.stdout.buffer
    out.write(json.dumps(report).encode() + b'\\n')
    archive = tarfile.open(fileobj=out, mode='w|', format=tarfile.USTAR_FORMAT)
    for short in changed:
        with open(os.path.join('/session', short), 'rb') as file:
            content = file.read()
        info = tarfile.TarInfo(short)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    archive.close()
    out.flush()
    """

  /// The module `kai`.
  static let module = """
    \"\"\"Results of the queries that came with the code.\"\"\"
    import decimal, json, os

    def names():
        \"\"\"The names of the results.\"\"\"
        return sorted(name[:-5] for name in os.listdir('/input/data') if name.endswith('.json'))

    def rows(name):
        \"\"\"A result as a list of dicts, without loss: exact numbers are Decimal, bytes are bytes.\"\"\"
        with open(f'/input/data/{name}.json', encoding='utf-8') as file:
            result = json.load(file)
        def value(cell):
            if isinstance(cell, dict):
                return decimal.Decimal(cell['decimal']) if 'decimal' in cell else bytes.fromhex(cell['hex'])
            return cell
        return [dict(zip(result['columns'], map(value, row))) for row in result['rows']]

    def query(name):
        \"\"\"A result as a pandas DataFrame, or as a list of dicts where there is no pandas. Exact numbers become floats.\"\"\"
        found = rows(name)
        try:
            import pandas
        except ImportError:
            return found
        with open(f'/input/data/{name}.json', encoding='utf-8') as file:
            columns = json.load(file)['columns']
        plain = [{key: float(cell) if isinstance(cell, decimal.Decimal) else cell for key, cell in row.items()} for row in found]
        return pandas.DataFrame(plain, columns=columns)
    """
}
