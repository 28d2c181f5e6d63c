import Testing
import Wire

@testable import AgentService

@Suite struct LeaseBookTests {
  private let lease = LeaseRef(taskId: "task_1", epoch: 7)
  private let control = ExecutionControl()

  private func book(until end: Int64 = 1_000) -> LeaseBook {
    let book = LeaseBook()
    #expect(book.add(lease, control: control, end: end))
    return book
  }

  @Test func aTaskIsHeldOnce() {
    let book = book()
    #expect(!book.add(LeaseRef(taskId: "task_1", epoch: 8), control: ExecutionControl(), end: 2_000))
    #expect(book.report().leases == [lease])
  }

  @Test func aLeaseThatIsNotRenewedFencesItsWork() {
    let book = book(until: 1_000)
    book.fence(at: 999)
    #expect(control.stop == nil)
    book.fence(at: 1_000)
    #expect(control.stop == .leaseLost)
    #expect(book.count == 0)
  }

  @Test func aHeartbeatRenewsAllThatItDoesNotLose() {
    let book = book(until: 1_000)
    let other = LeaseRef(taskId: "task_2", epoch: 1)
    let lost = ExecutionControl()
    #expect(book.add(other, control: lost, end: 1_000))
    book.renewed([lease, other], lost: [other], until: 5_000)
    #expect(book.end(of: lease) == 5_000)
    #expect(lost.stop == .leaseLost)
    book.fence(at: 4_999)
    #expect(control.stop == nil)
  }

  @Test func aHeartbeatDoesNotRenewALeaseThatCameLater() {
    let book = book(until: 1_000)
    book.renewed([LeaseRef(taskId: "task_1", epoch: 6)], lost: [], until: 5_000)
    #expect(book.end(of: lease) == 1_000)
  }

  @Test func whatIsHandedBackIsSaidUntilItArrives() {
    let book = book()
    book.release(lease)
    let first = book.report()
    #expect(first.leases.isEmpty)
    #expect(first.released == [lease])
    book.unsent(first.released)
    #expect(book.report().released == [lease])
    #expect(book.report().released.isEmpty)
  }

  @Test func onlyItsOwnEpochCanRevokeALease() {
    let book = book()
    book.revoke(.with { ($0.taskId, $0.epoch, $0.cancelled) = ("task_1", 6, true) })
    #expect(control.stop == nil)
    book.revoke(.with { ($0.taskId, $0.epoch, $0.atStepBoundary) = ("task_1", 7, true) })
    #expect(control.stop == .atBoundary)
    book.revoke(.with { ($0.taskId, $0.epoch, $0.cancelled) = ("task_1", 7, true) })
    #expect(control.stop == .cancelled)
  }

  @Test func anExecutionThatWasStoppedBeforeItBeganIsInterruptedAtOnce() async {
    control.request(.cancelled)
    await confirmation { interrupted in control.onInterrupt { interrupted() } }
    control.request(.atBoundary)
    #expect(control.stop == .cancelled)
  }
}
