extension Chart {
  /// Leaves out what has no place along an axis of numbers or times, so that it does not stretch the other axis either.
  mutating func dropWithoutX() {
    let places: [Double?]
    switch x {
    case .categories: return
    case .numbers(let values), .times(let values): places = values
    }
    let kept = places.indices.filter { places[$0] != nil }
    guard kept.count < places.count else { return }
    let values = kept.map { places[$0] }
    if case .times = x { x = .times(values) } else { x = .numbers(values) }
    for index in series.indices { series[index].values = kept.map { series[index].values[$0] } }
  }

  /// Gives bars over months or days an empty place for each period that has no row, so that the distance between two bars is that
  /// of their dates.
  /// - Parameter most: bars that there may be; dates that are farther apart stay side by side.
  mutating func fillPeriods(most: Int) {
    guard [.bar, .groupedBar, .stackedBar].contains(kind), case .categories(let names) = x, names.count > 1,
      let periods = Self.periods(names)
    else { return }
    let numbers = periods.numbers
    let gaps = zip(numbers, numbers.dropFirst()).map { $1 - $0 }
    // In order, or somebody wanted another one.
    guard gaps.allSatisfy({ $0 > 0 }), let least = gaps.min() else { return }
    let step = gaps.allSatisfy { $0 % least == 0 } ? least : 1
    let (first, last) = (numbers[0], numbers[numbers.count - 1])
    let count = (last - first) / step + 1
    guard count > numbers.count, count <= most else { return }
    let places = Dictionary(uniqueKeysWithValues: numbers.enumerated().map { ($1, $0) })
    let all = (0..<count).map { first + $0 * step }
    x = .categories(all.map(periods.name))
    for index in series.indices {
      let values = series[index].values
      series[index].values = all.map { number in places[number].flatMap { values[$0] } }
    }
  }

  /// The categories as numbers of months or days, if that is what all of them are.
  private static func periods(_ names: [String]) -> (numbers: [Int], name: (Int) -> String)? {
    let length = names[0].utf8.count
    guard length == 7 || length == 10, names.allSatisfy({ $0.utf8.count == length }) else { return nil }
    let seconds = names.compactMap(ChartTime.parse)
    guard seconds.count == names.count else { return nil }
    let days = seconds.map { Int(($0 / ChartTime.day).rounded(.down)) }
    if length == 10 { return (days, { ChartTime.date(Double($0) * ChartTime.day) }) }
    let months = days.map { day in
      let date = ChartTime.date(days: day)
      return date.year * 12 + date.month - 1
    }
    return (
      months,
      { number in
        let first = ChartTime.days(year: number / 12, month: number % 12 + 1, day: 1)
        return String(ChartTime.date(Double(first) * ChartTime.day).prefix(7))
      }
    )
  }
}
