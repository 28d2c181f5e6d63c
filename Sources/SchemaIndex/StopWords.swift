import Words

extension SchemaIndex {
  /// Words that say nothing about which table is meant, as the index compares them.
  static let stopWords = Set(StopWords.all.map(Fold.stem))
}
