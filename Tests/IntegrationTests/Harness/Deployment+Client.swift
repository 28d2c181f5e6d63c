import Foundation
import NIOPosix
import Testing
import Wire

extension Deployment {
  var port: Int {
    get throws { try #require(address.value.split(separator: ":").last.flatMap { Int($0) }) }
  }

  /// A client of the library.
  /// - Parameter key: the path of a key file; the admin's when nil.
  func client(key: String? = nil, limits: ConnectionLimits = .standard) throws -> WireClient {
    let key = try KeyFile(parsing: String(contentsOfFile: key ?? adminKey, encoding: .utf8))
    var configuration = ClientConfiguration(
      host: "127.0.0.1", port: try port, key: key, name: "test", version: "test", group: MultiThreadedEventLoopGroup.singleton)
    configuration.limits = limits
    return WireClient(configuration)
  }

  /// Makes the shop's database and the connection 'shop' to it.
  func addShop() async throws {
    try ShopDatabase.make(at: folder.file("shop.db"))
    try await ctl("connection", "create", "--alias", "shop", "--uri", "sqlite://\(folder.file("shop.db"))").expectSuccess()
  }
}
