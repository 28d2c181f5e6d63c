extension Dispatcher {
  /// How many tasks are where.
  var census: [(state: String, count: Int)] {
    var (delayed, due, leased, waiting) = (0, 0, 0, 0)
    for phase in tasks.values {
      switch phase {
      case .delayed: delayed += 1
      case .due, .granting: due += 1
      case .leased: leased += 1
      case .waiting: waiting += 1
      }
    }
    return [("delayed", delayed), ("queued", due), ("running", leased), ("waiting", waiting)]
  }
}
