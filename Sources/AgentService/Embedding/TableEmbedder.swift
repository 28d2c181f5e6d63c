import Glibc
import JSON
import Wire

/// A table with a direction for each token; a text's is the mean of its tokens'. No network and no model: WordLlama's 256 numbers a
/// token take 16 MB.
struct TableEmbedder: Embedder {
  private static let maxFileBytes = 1024 * 1024 * 1024

  let name: String
  private let tokenizer: BytePairTokenizer
  private let table: SafeTensor

  /// - Parameter tokenizer: nil for a `tokenizer.json` beside the table, or WordLlama's own place for it.
  /// - Throws: `usage` for a file of another kind, `local_io`.
  init(path: String, tokenizer: String?) throws(WireError) {
    table = try SafeTensor(try Self.content(of: path))
    let file = tokenizer ?? Self.tokenizer(beside: path)
    guard let file else {
      throw WireError(
        .usage, "There is no tokenizer beside '\(path)'.", hint: "Name it: --embedder static:TABLE.safetensors,tokenizer.json")
    }
    let text = String(decoding: try Self.content(of: file), as: UTF8.self)
    let json: JSONValue
    do { json = try JSONValue(parsing: text) } catch { throw WireError(.usage, "'\(file)' is no JSON: \(error)") }
    self.tokenizer = try BytePairTokenizer(json: json)
    let base = path.split(separator: "/").last ?? ""
    name = "static:" + String(base.split(separator: ".").first ?? base).prefix(200)
  }

  func embed(_ texts: [String]) async throws(WireError) -> [[Float]] { texts.map(direction) }

  func direction(_ text: String) -> [Float] {
    var sum = [Float](repeating: 0, count: table.width)
    // Tokens are of words as they begin; case tells nothing about what is meant.
    let tokens = tokenizer.tokens(of: text.lowercased())
    for token in tokens { table.add(row: token, to: &sum) }
    let count = Float(max(1, tokens.count))
    return sum.map { $0 / count }
  }

  /// `tokenizer.json` in the same folder; in WordLlama's package `../tokenizers/l2_supercat_tokenizer_config.json`.
  private static func tokenizer(beside path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let folder = parts.dropLast().joined(separator: "/")
    let base = String(parts.last?.split(separator: ".").first ?? "")
    let stem = base.split(separator: "_").dropLast().joined(separator: "_")
    let prefix = parts.count > 1 ? folder + "/" : ""
    let candidates = [
      prefix + "tokenizer.json", prefix + base + ".tokenizer.json", prefix + stem + "_tokenizer_config.json",
      prefix + "../tokenizers/" + stem + "_tokenizer_config.json",
    ]
    return candidates.first { access($0, R_OK) == 0 }
  }

  private static func content(of path: String) throws(WireError) -> [UInt8] {
    guard let file = fopen(path, "rb") else {
      throw WireError(.localIo, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var status = stat()
    guard fstat(fileno(file), &status) == 0, status.st_size <= maxFileBytes else {
      throw WireError(.localIo, "'\(path)' is too large for a table of embeddings.")
    }
    let size = Int(status.st_size)
    return [UInt8](unsafeUninitializedCapacity: size) { target, count in count = fread(target.baseAddress, 1, size, file) }
  }
}

/// The one matrix of a safetensors file: eight bytes with the header's length, the header as JSON, the numbers.
struct SafeTensor: Sendable {
  let rows: Int
  let width: Int
  private let bytes: [UInt8]
  private let start: Int
  private let isHalf: Bool

  /// - Throws: `usage` for anything but a matrix of 16 or 32 bit floating-point numbers.
  init(_ bytes: [UInt8]) throws(WireError) {
    func refusal(_ why: String) -> WireError { WireError(.usage, "The embedder's table is no safetensors matrix: \(why).") }
    guard bytes.count > 8 else { throw refusal("it is too short") }
    let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= 1 << 20, bytes.count >= 8 + Int(length) else { throw refusal("its header is cut off") }
    let end = 8 + Int(length)
    guard let header = try? JSONValue(parsing: String(decoding: bytes[8..<end], as: UTF8.self)),
      let tensor = (header.object ?? []).first(where: { $0.value["shape"]?.array?.count == 2 })?.value,
      let shape = tensor["shape"]?.array?.compactMap(\.integer),
      let offsets = tensor["data_offsets"]?.array?.compactMap(\.integer),
      shape.count == 2, offsets.count == 2, let type = tensor["dtype"]?.string, type == "F16" || type == "F32"
    else { throw refusal("it has no matrix of F16 or F32") }
    isHalf = type == "F16"
    let (size, isTooLarge) = shape[0].multipliedReportingOverflow(by: shape[1] * (isHalf ? 2 : 4))
    guard !isTooLarge, (1...Int64(Limits.embeddingDimensions)).contains(shape[1]), shape[0] > 0, offsets[0] >= 0,
      offsets[1] - offsets[0] == size, end + Int(offsets[1]) <= bytes.count
    else { throw refusal("its shape does not fit its bytes") }
    (rows, width, start) = (Int(shape[0]), Int(shape[1]), end + Int(offsets[0]))
    self.bytes = bytes
  }

  func add(row: Int, to sum: inout [Float]) {
    guard (0..<rows).contains(row) else { return }
    bytes.withUnsafeBytes { raw in
      if isHalf {
        let first = start + row * width * 2
        for column in 0..<width {
          sum[column] += Self.float(half: raw.loadUnaligned(fromByteOffset: first + column * 2, as: UInt16.self))
        }
      } else {
        let first = start + row * width * 4
        for column in 0..<width {
          sum[column] += Float(bitPattern: raw.loadUnaligned(fromByteOffset: first + column * 4, as: UInt32.self))
        }
      }
    }
  }

  /// IEEE 754 binary16, which not every processor that Swift runs on knows.
  static func float(half bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF) / 1_024
    switch exponent {
    case 0: return sign * fraction * 0x1p-14
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
    }
  }
}
