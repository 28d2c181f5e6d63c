import NIOCore

/// One ``BodyCodec`` for each event loop of a group, shared by all connections there.
struct EventLoopCodecs: Sendable {
  private let boxes: [ObjectIdentifier: NIOLoopBoundBox<BodyCodec?>]

  init(_ group: any EventLoopGroup) {
    var boxes: [ObjectIdentifier: NIOLoopBoundBox<BodyCodec?>] = [:]
    for loop in group.makeIterator() {
      boxes[ObjectIdentifier(loop)] = .makeEmptyBox(valueType: BodyCodec.self, eventLoop: loop)
    }
    self.boxes = boxes
  }

  /// Must be called on `loop`.
  func codec(on loop: any EventLoop) -> BodyCodec {
    guard let box = boxes[ObjectIdentifier(loop)] else { return BodyCodec() }
    if let codec = box.value { return codec }
    let codec = BodyCodec()
    box.value = codec
    return codec
  }
}
