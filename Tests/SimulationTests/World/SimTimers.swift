import Dispatch
import NIOCore

/// The event loop that the service waits for its deadlines on: each fires at its moment on the simulated clock.
final class SimTimers: EventLoop, @unchecked Sendable {
  // Confined to the simulation's thread.
  private unowned let world: SimWorld
  /// What to do with a deadline that will not come.
  private var pending: [UInt64: () -> Void] = [:]
  private var made: UInt64 = 0

  init(_ world: SimWorld) { self.world = world }

  var inEventLoop: Bool { true }

  func execute(_ task: @escaping @Sendable () -> Void) { world.after(0, task) }

  @discardableResult
  func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    let promise = makePromise(of: T.self)
    let number = made
    made += 1
    pending[number] = { promise.fail(EventLoopError.cancelled) }
    // A millisecond is the finest step that the service's deadlines have.
    world.after((delay.nanoseconds + 999_999) / 1_000_000) { [self] in
      guard pending.removeValue(forKey: number) != nil else { return }
      promise.assumeIsolated().completeWith(Result { try task() })
    }
    return Scheduled(promise: promise) { [self] in pending[number] = nil }
  }

  func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    scheduleTask(in: deadline - .now(), task)
  }

  func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) { callback(nil) }

  /// No deadline comes any more.
  func end() {
    for cancel in pending.values { cancel() }
    pending = [:]
  }
}
