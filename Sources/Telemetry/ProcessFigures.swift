import Glibc

/// What the system says of this process.
public enum ProcessFigures {
  /// Adds what every Prometheus client tells of its process.
  public static func describe(in metrics: PrometheusMetrics) {
    let start = time(nil)
    metrics.read("process_start_time_seconds", "When the process started, in seconds since 1970.") { [([], Double(start))] }
    metrics.read("process_resident_memory_bytes", "Memory in use.") { [([], Double(residentBytes))] }
    metrics.read("process_open_fds", "Open files and sockets.") { [([], Double(openFiles))] }
    metrics.read("process_cpu_seconds_total", isCounter: true, "Processor time spent.") { [([], cpuSeconds)] }
  }

  static var residentBytes: Int {
    let fields = text("/proc/self/statm").split(separator: " ")
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  static var openFiles: Int {
    guard let folder = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without "." and "..", and the folder that is read.
    return max(0, count - 3)
  }

  static var cpuSeconds: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
