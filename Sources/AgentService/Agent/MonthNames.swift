/// The months' names in a text, English and Indonesian, written with a capital: `may` is no month.
enum MonthNames {
  private static let months: [String: Int] = {
    let names = [
      "January February March April May June July August September October November December",
      "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    ]
    var months: [String: Int] = [:]
    for list in names {
      for (index, name) in list.split(separator: " ").enumerated() { months[String(name)] = index + 1 }
    }
    return months
  }()

  static func found(in text: String) -> [(name: String, month: Int)] {
    text.split { !$0.isLetter }.compactMap { word in months[String(word)].map { (String(word), $0) } }
  }
}
