import Words

extension Analyst {
  /// How well a word of a question fits a word of a name, from 0 to 1. No schema is built in: only spelling, and a few
  /// groups of words that mean the same in any business.
  enum WordSimilarity {
    static let exact = 1.0
    static let synonym = 0.9
    static let abbreviation = 0.85
    static let shortened = 0.75
    static let misspelt = 0.7
    static let related = 0.65

    /// - Parameters:
    ///   - asked: a folded word of the question.
    ///   - named: a folded word of a table's or column's name.
    static func score(_ asked: String, _ named: String) -> Double {
      if asked == named { return exact }
      let askedStem = Fold.stem(asked)
      let namedStem = Fold.stem(named)
      if askedStem == namedStem || root(askedStem) == root(namedStem) { return exact }
      if let group = groups[askedStem], group == groups[namedStem] { return synonym }
      if askedStem.count < 3 || namedStem.count < 2 { return 0 }
      if namedStem.count >= 3, askedStem.count > namedStem.count + 1, askedStem.hasPrefix(namedStem), namedStem.count <= 5 {
        return abbreviation
      }
      if namedStem.count > askedStem.count + 1, namedStem.hasPrefix(askedStem) { return shortened }
      if isSkeleton(namedStem, of: askedStem) { return misspelt }
      if askedStem.count >= 5, namedStem.count >= 5 {
        if isOneEditApart(Array(askedStem), Array(namedStem)) { return misspelt }
        let shared = zip(askedStem, namedStem).prefix { $0 == $1 }.count
        if shared >= 5, shared * 10 >= max(askedStem.count, namedStem.count) * 6 { return related }
      }
      return 0
    }

    /// `hired` and `hire`, `created` and `create` meet here.
    private static func root(_ stem: String) -> Substring {
      var root = stem[...]
      if root.count >= 5, root.hasSuffix("ed") { root.removeLast() }
      if root.count >= 4, root.hasSuffix("e") { root.removeLast() }
      return root
    }

    /// `qty` of `quantity`, `amt` of `amount`: the first letter and later consonants, in order.
    private static func isSkeleton(_ short: String, of long: String) -> Bool {
      guard (2...4).contains(short.count), long.count >= short.count + 2, short.first == long.first,
        !short.dropFirst().contains(where: { "aeiou".contains($0) })
      else { return false }
      var rest = short[...]
      for letter in long where letter == rest.first { rest.removeFirst() }
      return rest.isEmpty && short.count >= 3
    }

    /// One letter more, less, other, or two neighbours swapped.
    private static func isOneEditApart(_ a: [Character], _ b: [Character]) -> Bool {
      guard abs(a.count - b.count) <= 1 else { return false }
      var start = 0
      while start < a.count, start < b.count, a[start] == b[start] { start += 1 }
      var endA = a.count
      var endB = b.count
      while endA > start, endB > start, a[endA - 1] == b[endB - 1] {
        endA -= 1
        endB -= 1
      }
      let restA = a[start..<endA]
      let restB = b[start..<endB]
      return (restA.count <= 1 && restB.count <= 1)
        || (restA.count == 2 && restB.count == 2 && restA.first == restB.last && restA.last == restB.first)
    }

    private static let groups: [String: Int] = {
      let lists = [
        "customer client buyer shopper pelanggan", "product item good article produk barang",
        "order purchase pesanan", "price cost harga", "revenue sale turnover income pendapatan",
        "employee staff worker personnel karyawan", "city town kota", "country nation negara",
        "airline carrier maskapai", "plane aircraft airplane pesawat", "flight penerbangan", "airport bandara",
        "origin source asal", "destination tujuan", "delay lateness keterlambatan", "distance jarak", "month bulan",
        "year tahun", "day hari", "hour jam", "category kind type kategori", "quantity unit", "salary wage pay gaji",
        "company firm organisation organization", "vendor supplier", "student pupil", "teacher instructor",
        "altitude elevation alt", "humidity humid", "weight mass", "phone telephone", "picture image photo",
        "department division", "name title nama", "film movie", "song track", "total amount",
      ]
      var map: [String: Int] = [:]
      for (index, list) in lists.enumerated() { for word in list.split(separator: " ") { map[String(word)] = index } }
      return map
    }()
  }
}
