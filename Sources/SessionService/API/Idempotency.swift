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
      principal: request.principal.keyId, method: request.method, key: request.head.idempotencyKey, in: transaction)
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
