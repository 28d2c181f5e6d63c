import Subprocess
import SystemPackage
import Wire

/// Makes a PNG from an SVG with librsvg's `rsvg-convert`, in a process of its own.
enum PNGRenderer {
  private static let program = "/usr/bin/rsvg-convert"
  /// A picture of 800 × 480 becomes one of 1,600 × 960.
  private static let zoom = "2"
  private static let seconds = 20
  private static let maxBytes = 32 * 1024 * 1024

  /// - Throws: `tool_failed` when the program is missing, fails or takes too long; `cancelled`.
  static func png(of svg: [UInt8]) async throws(WireError) -> [UInt8] {
    let work: @Sendable () async throws(WireError) -> [UInt8] = { () async throws(WireError) in try await convert(svg) }
    do throws(WireError) { return try await WorkDeadline.run(within: UInt64(seconds * 1_000), work) } catch {
      guard error.errorCode == .budgetExhausted else { throw error }
      throw WireError(.toolFailed, "Making the PNG took longer than \(seconds) seconds.", hint: "Write an .svg instead.")
    }
  }

  private static func convert(_ svg: [UInt8]) async throws(WireError) -> [UInt8] {
    do {
      let done = try await run(
        .path(FilePath(program)), arguments: ["--format", "png", "--zoom", zoom],
        environment: .custom(["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"]), input: .array(svg),
        output: .bytes(limit: maxBytes), error: .string(limit: 4_096))
      guard done.terminationStatus.isSuccess else {
        if Task.isCancelled { throw WireError(.cancelled, "Making the PNG was cancelled.") }
        throw WireError(.toolFailed, "The PNG could not be made: \(done.standardError).")
      }
      return done.standardOutput
    } catch let error as WireError {
      throw error
    } catch {
      if Task.isCancelled { throw WireError(.cancelled, "Making the PNG was cancelled.") }
      throw WireError(
        .toolFailed, "The PNG could not be made: \(program) cannot be run on this node.",
        hint: "Write an .svg instead, or install Debian's librsvg2-bin on the node.")
    }
  }
}
