import Foundation
import Testing
import Wire

@testable import SessionService

@Suite struct DataFolderTests {
  @Test func itIsForItsOwnerAlone() throws {
    let parent = try TemporaryFolder()
    let folder = try DataFolder(path: parent.path + "/data")
    try folder.write("secret", [1, 2, 3])
    #expect(try folder.read("secret") == [1, 2, 3])
    #expect(try folder.read("nothing") == nil)
    let mode = { (path: String) in try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }
    #expect(try mode(folder.path) == 0o700)
    #expect(try mode(folder.path + "/secret") == 0o600)
  }

  @Test func aSecondUserIsRefusedAndWelcomeOnceTheFirstIsGone() throws {
    let parent = try TemporaryFolder()
    var first: DataFolder? = try DataFolder(path: parent.path + "/data")
    let error = #expect(throws: WireError.self) { _ = try DataFolder(path: parent.path + "/data") }
    #expect(error?.errorCode == .dataFolderLocked)
    #expect(first != nil)
    first = nil
    _ = try DataFolder(path: parent.path + "/data")
  }

  @Test func whatIsNoFolderIsRefused() throws {
    let parent = try TemporaryFolder()
    try Data().write(to: URL(filePath: parent.path + "/file"))
    for path in ["/file", "/file/data", "/no/such/parent"] {
      let error = #expect(throws: WireError.self) { _ = try DataFolder(path: parent.path + path) }
      #expect(error?.errorCode == .localIo)
    }
  }
}
