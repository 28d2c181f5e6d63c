/// Words that say nothing about what is meant, folded, English and Indonesian.
public enum StopWords {
  public static let all = Set(
    """
    a an and any are as at be by can did do does for from had has have how i if in into is it its list many me more most much my
    no not number of on one or our per please show so tell than that the their them then there these they this those to too total
    under up us use was we were what when where which who whom whose why will with would you your each every all average give
    between but also been being about above after again before below both during only other out over same some such very should
    could am he she his her him hers
    ada adalah akan antara apa apakah atau bagaimana banyak berapa daftar dalam dan dapat dari dengan di hitung ini itu
    jumlah kapan ke kita lebih mana oleh pada paling per rata saja saya sebutkan semua setiap siapa tampilkan tiap tidak
    untuk yang bukan juga jika kalau karena kami kamu mereka maka namun para sangat sebagai secara sudah telah tersebut
    """.split { $0 == " " || $0 == "\n" }.map { String($0) })
}
