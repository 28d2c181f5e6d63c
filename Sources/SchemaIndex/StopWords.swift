import Words

/// Words that say nothing about which table is meant, English and Indonesian, as ``SchemaIndex`` compares them.
enum StopWords {
  static let all = Set(
    """
    a an and any are as at be by can did do does for from had has have how i in is it its list many me more most much my no
    not number of on one or our per please show tell than that the their them there these they this those to total under
    up us use was we were what when where which who whose why will with you your each every all average give between
    ada adalah akan antara apa apakah atau bagaimana banyak berapa daftar dalam dan dapat dari dengan di hitung ini itu
    jumlah kapan ke kita lebih mana oleh pada paling per rata saja saya sebutkan semua setiap siapa tampilkan tiap tidak
    untuk yang
    """.split { $0 == " " || $0 == "\n" }.map { Fold.stem(String($0)) })
}
