import Testing

@testable import Addresses

@Suite struct IPAddressTests {
  @Test(arguments: [
    "169.254.169.254", "169.254.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "100.100.100.200", "fe80::1",
    "febf::1", "ff02::1", "::", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "::169.254.169.254",
  ])
  func whereNoServerCanBeIsForbiddenInEveryForm(_ text: String) throws {
    #expect(try #require(IPAddress(text)).isForbidden)
  }

  @Test(arguments: ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
  func theMachineItselfIsKnownInEveryForm(_ text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.isLoopback && !address.isForbidden)
  }

  @Test(arguments: ["10.0.0.1", "192.168.1.1", "8.8.8.8", "2001:db8::1", "fd12::1", "169.253.0.1", "169.255.0.1"])
  func otherAddressesAreNeither(_ text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(!address.isLoopback && !address.isForbidden)
    #expect(address.description == text)
  }

  @Test(arguments: ["", "localhost", "1.2.3", "2130706433", "0x7f.1", "::1%lo", "1.2.3.4/8", "[::1]"])
  func whatIsNoAddressIsNone(_ text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func aBlockHoldsItsAddressesAlone() throws {
    let block = try #require(AddressBlock("10.1.2.0/23"))
    for (text, isIn) in [("10.1.2.0", true), ("10.1.3.255", true), ("10.1.4.0", false), ("10.1.1.255", false), ("::1", false)] {
      #expect(block.contains(try #require(IPAddress(text))) == isIn, "\(text)")
    }
    #expect(try #require(AddressBlock("0.0.0.0/0")).contains(try #require(IPAddress("203.0.113.9"))))
    for text in ["10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/8/8", "host/8"] { #expect(AddressBlock(text) == nil) }
  }

  @Test(arguments: [
    ("ftp://h/", "must begin"), ("http://", "no host"), ("http://u:p@h/", "user or password"),
    ("https://169.254.169.254/latest", "no such server"),
    ("http://[fe80::1]:80/", "no such server"), ("http://h/a b", "space"), ("http://metadata.google.internal/", "no such server"),
  ])
  func anAddressOfAServerIsHTTPOfAHostThatMayBe(_ url: String, _ says: String) {
    #expect(ServerURL.fault(of: url)?.contains(says) == true)
  }

  @Test(arguments: ["http://127.0.0.1:8080/v1", "https://api.example.com", "http://[::1]:1/", "http://10.0.0.1"])
  func anOperatorsServerMayBeOnThisMachine(_ url: String) {
    #expect(ServerURL.fault(of: url) == nil)
  }
}
