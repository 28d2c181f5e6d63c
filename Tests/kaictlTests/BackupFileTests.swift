import Foundation
import NIOCore
import Testing
import Wire

@testable import kaictl

@Suite struct BackupFileTests {
  @Test(arguments: [0, 31, 33]) func aMasterKeyOfAnotherLengthIsDamage(_ bytes: Int) throws {
    let manifest = BackupManifest.with { ($0.format, $0.hasMasterKey) = (1, true) }
    var file = Data(BackupArchive.file.magic)
    for record in [
      BackupArchive.record(.manifest, ByteBuffer(bytes: manifest.encoded())),
      BackupArchive.record(.masterKey, ByteBuffer(repeating: 7, count: bytes)),
    ] {
      file += Data(record.readableBytesView)
    }
    let path = FileManager.default.temporaryDirectory.appending(path: "kai-test-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try file.write(to: URL(filePath: path))
    let error = #expect(throws: WireError.self) { try BackupFile(path: path).read { (_, _) throws(WireError) in } }
    #expect(error?.errorCode == .corrupt && error?.message.contains("has \(bytes) bytes") == true, "\(error as Any)")
  }
}
