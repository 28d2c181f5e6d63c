import Crypto
import NIOCore
import Wire

/// Makes a repeated request harmless: the second arrival of an idempotency key gets the first's answer.
///
/// Everything here runs on the writer, one unit after the other, so a key whose first request is under way is answered once
/// that request has been.
enum Idempotency {
  struct Answer: Sendable {
    let message: ByteBuffer
    let isReplay: Bool
  }

  /// Runs `body` unless this principal has used the key before, and keeps its reply in the same transaction.
  /// - Throws: what `body` throws, or `idempotency_mismatch` when the key came with another request.
  static func run(
    _ request: InboundRequest, in transaction: any Transaction, _ body: () throws(WireError) -> ByteBuffer
  ) throws(WireError) -> Answer {
    if let known = try stored(request, in: transaction) { return Answer(message: known, isReplay: true) }
    let reply = try body()
    try keep(reply, for: request, in: transaction)
    return Answer(message: reply, isReplay: false)
  }

  /// The reply to an earlier arrival of this request, or nil.
  /// - Throws: `idempotency_mismatch` when the key came with another request.
  static func stored(_ request: InboundRequest, in transaction: any Transaction) throws(WireError) -> ByteBuffer? {
    let known = try ReplyRepository.find(
      principal: request.principal.keyId, method: request.method, key: request.head.idempotencyKey, in: transaction)
    guard let known else { return nil }
    guard known.requestHash == hash(request) else {
      throw WireError(
        .idempotencyMismatch, "this idempotency key came with another \(request.method.name) request within the last 24 hours")
    }
    return ByteBuffer(bytes: known.reply)
  }

  static func keep(
    _ reply: ByteBuffer, for request: InboundRequest, in transaction: any Transaction
  ) throws(WireError) {
    try ReplyRepository.keep(
      ReplyRepository.Stored(requestHash: hash(request), reply: [UInt8](buffer: reply)),
      principal: request.principal.keyId, method: request.method, key: request.head.idempotencyKey,
      subjects: try subjects(of: request, reply), in: transaction)
  }

  /// What a reply tells of: the connection that the request names, and every session whose id is in the reply.
  static func subjects(of request: InboundRequest, _ reply: ByteBuffer) throws(WireError) -> Set<String> {
    var subjects = sessions(in: reply.readableBytesView)
    switch try ConnectionAccess.subject(of: request) {
    case .connection(let alias): subjects.insert(ReplyRepository.subject(ofConnection: alias))
    case .session(let id): subjects.insert(id)
    case .nothing, .list, .everything, .task: break
    }
    return subjects
  }

  /// The ids of sessions that stand in these bytes.
  static func sessions(in bytes: some Collection<UInt8>) -> Set<String> {
    let prefix = Array(Identifier.session.prefix.utf8)
    let digits = 12
    var found: Set<String> = []
    var rest = bytes[...]
    while let start = rest.firstIndex(of: prefix[0]) {
      let id = rest[start...].prefix(prefix.count + digits)
      let hex = id.dropFirst(prefix.count)
      if id.starts(with: prefix), hex.count == digits, hex.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) {
        found.insert(String(decoding: id, as: UTF8.self))
        rest = rest[id.endIndex...]
      } else {
        rest = rest[rest.index(after: start)...]
      }
    }
    return found
  }

  /// - Throws: `invalid_argument` when a method that changes something comes without a key.
  static func requireKey(_ request: InboundRequest) throws(WireError) {
    guard request.method.rule.mutates, request.head.idempotencyKey.isEmpty else { return }
    throw WireError(
      .invalidArgument, "\(request.method.name) needs an idempotency key",
      hint: "Send 1 to 64 random bytes as idempotency_key, and the same ones when you repeat the request.")
  }

  /// SHA-256 of what was asked.
  static func hash(_ request: InboundRequest) -> [UInt8] {
    var hasher = SHA256()
    request.message.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
    request.attachment.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
    return [UInt8](hasher.finalize())
  }
}
