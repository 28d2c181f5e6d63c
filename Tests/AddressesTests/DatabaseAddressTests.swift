import Testing

@testable import Addresses

@Suite struct DatabaseAddressTests {
  private func fault(_ uri: String) -> AddressFault? {
    do throws(AddressFault) {
      _ = try DatabaseAddress(uri: uri)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [("sqlite:///data/shop.db", "/data/shop.db"), ("SQLite:///a%20b/%C3%A9%3F.db", "/a b/é?.db")])
  func aURIOfSQLiteNamesOneAbsoluteFile(_ uri: String, _ path: String) throws {
    #expect(try DatabaseAddress(uri: uri) == .sqlite(path: path))
  }

  @Test(arguments: [
    "", "sqlite", "sqlite:/a.db", "sqlite://host/a.db", "sqlite://", "sqlite:///", "sqlite:///a/", "sqlite:///a.db?mode=rwc",
    "sqlite:///a.db#x", "sqlite:///a%2", "sqlite:///a%zz", "sqlite:///a%00b", "sqlite:///a%ff", "file:///a.db", "/a.db",
    "mysql://u@h/d", "postgresql:u@h/d",
  ])
  func whatIsNoURIOfADatabaseIsRefused(_ uri: String) {
    #expect(fault(uri) != nil)
  }

  @Test func aURIOfPostgreSQLIsReadWhole() throws {
    let uri = "postgres://me%40home:p%2Fw%3a%20@db.example:6543/sales%20eu?sslmode=require&connect_timeout=5"
    guard case .postgreSQL(let address) = try DatabaseAddress(uri: uri) else {
      Issue.record("no PostgreSQL")
      return
    }
    #expect(address.user == "me@home")
    #expect(address.password == "p/w: ")
    #expect(address.host == .network("db.example"))
    #expect(address.port == 6_543)
    #expect(address.database == "sales eu")
    #expect(address.parameters.map(\.name) == ["sslmode", "connect_timeout"])
  }

  @Test(arguments: [
    ("postgresql://u@[2001:db8::1]:1/d", PostgreSQLAddress.Host.network("2001:db8::1")),
    ("postgresql://u:p@10.0.0.1/d", .network("10.0.0.1")),
    ("postgresql://u@/d?host=/run/postgresql", .socket(folder: "/run/postgresql")),
    ("postgresql://u@/d?host=%2Frun", .socket(folder: "/run")),
  ])
  func aHostIsANameAnAddressOrASocket(_ uri: String, _ host: PostgreSQLAddress.Host) throws {
    guard case .postgreSQL(let address) = try DatabaseAddress(uri: uri) else {
      Issue.record("no PostgreSQL")
      return
    }
    #expect(address.host == host)
  }

  /// Each of these lets libpq read files, services or names of the machine that it runs on, or go elsewhere than is said.
  @Test(arguments: [
    "service=svc", "passfile=/any/path", "sslkey=/k", "sslcert=/c", "sslrootcert=/r", "sslcrl=/x", "sslpassword=x",
    "options=-cx", "hostaddr=127.0.0.1", "host=other", "host=.", "port=1", "user=x", "password=x", "dbname=x", "krbsrvname=x",
    "gssencmode=require", "requirepeer=x", "replication=true", "client_encoding=LATIN1", "sslmode=never",
    "sslmode=require&sslmode=disable",
    "connect_timeout=0", "connect_timeout=x", "sslmode", "=", "&", "", "application_name=",
  ])
  func aParameterThatIsNotOnTheListIsRefused(_ parameter: String) {
    let uri = "postgresql://u:p@h/d?\(parameter)"
    #expect(parameter.isEmpty ? fault(uri) == nil : fault(uri) != nil)
  }

  @Test(arguments: [
    ("postgresql://h/d", "no user"), ("postgresql://:p@h/d", "no user"), ("postgresql://@h/d", "no user"),
    ("postgresql://u@h", "no database"), ("postgresql://u@h/", "no database"),
    ("postgresql://u@h?sslmode=require", "no database"),
    ("postgresql://u@/d", "no host"), ("postgresql://u@h:x/d", "port"), ("postgresql://u@h:0/d", "port"),
    ("postgresql://u@h:70000/d", "port"), ("postgresql://u@a,b/d", "host"), ("postgresql://u@%2Frun/d", "host"),
    ("postgresql://u@[1.2.3.4]/d", "IPv6"), ("postgresql://u@[::1/d", "IPv6"), ("postgresql://u@h/d#x", "'#'"),
    ("postgresql://u@h/d?host=/x", "two hosts"), ("postgresql://u@h/a b", "space"),
  ])
  func whatIsMissingIsNamed(_ uri: String, _ says: String) {
    #expect(fault(uri)?.sentence.contains(says) == true, "\(fault(uri)?.sentence ?? "none")")
  }

  @Test(arguments: [
    "postgresql://reader:open@sesame123@host/db", "postgresql://reader:abc/secretpart@host/db", "postgresql://u:a?b@h/d",
    "postgresql://u:a#b@h/d", "postgresql://u:a:b@h/d", "postgresql://u:a%b@h/d", "postgresql://u:a%00@h/d",
  ])
  func aPasswordThatIsNotEncodedIsToldHow(_ uri: String) {
    #expect(fault(uri)?.hint.contains("@ as %40") == true)
  }

  /// Whatever a password is: what is said of the URI is one of the fixed sentences, the same for every password of its kind.
  @Test func noPieceOfAPasswordIsInAFault() {
    var random = Numbers(state: 7)
    let alphabet = Array("qzQZ@/:?#%&=~^09")
    var said: [String: Int] = [:]
    for length in 1...24 {
      for _ in 0..<50 {
        let password = String((0..<length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] })
        for end in ["@host/db", "@host", "@", "", "@host:x/db", "@host/db?service=s"] {
          guard let fault = fault("postgresql://user:\(password)\(end)") else { continue }
          said[fault.sentence + fault.hint, default: 0] += 1
        }
      }
    }
    #expect((2...16).contains(said.count), "\(said.keys)")
    #expect(said.keys.allSatisfy { !$0.contains("q") || !$0.contains("z") })
  }
}

/// The linear congruential generator of Knuth's MMIX.
struct Numbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 16
  }
}
