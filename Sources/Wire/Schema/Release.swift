/// The release of the programs of this package. They are built together and carry the same number; programs of different releases work with each
/// other as docs/PROTOCOL.md, section 9, says.
public enum Release {
  public static let version = "0.2.0"
}
