// swift-tools-version: 6.2
import PackageDescription

/// The house rules that the compiler can check, the same for every target.
let house: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
  name: "kai",
  products: [
    .executable(name: "kai-session", targets: ["SessionService"]),
    .executable(name: "kai-agent", targets: ["kai-agent"]),
    .executable(name: "kaictl", targets: ["kaictl"]),
    .library(name: "Wire", targets: ["Wire"]),
    // For LD_PRELOAD, in chaos runs only.
    .library(name: "chaos-failpoints", type: .dynamic, targets: ["ChaosFailPoints"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    // Without its default trait, which brings full Foundation.
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    // Module maps over Debian's -dev packages.
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CXLSXWriter", pkgConfig: "xlsxwriter", providers: [.apt(["libxlsxwriter-dev"])]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),

    // Small leaves that the programs share.
    .target(name: "JSON", swiftSettings: house),
    .target(name: "Guards", swiftSettings: house),
    .target(name: "Words", dependencies: ["Guards"], swiftSettings: house),
    .target(name: "Addresses", swiftSettings: house),
    .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: house),
    .target(name: "PostgreSQL", dependencies: ["CPostgreSQL"], swiftSettings: house),

    .target(
      name: "Wire", dependencies: ["CZlib", "Guards", "JSON", nio, nioPosix, nioTLS, nioSSL, crypto, logging],
      swiftSettings: house),
    .target(
      name: "Telemetry", dependencies: ["Addresses", "Wire", "JSON", "CCurl", nio, nioPosix, nioHTTP, metrics, logging],
      swiftSettings: house),
    .target(name: "SchemaIndex", dependencies: ["Wire", "Words"], swiftSettings: house),
    .target(name: "ServiceLaunch", dependencies: ["Wire", "Telemetry", arguments], swiftSettings: house),
    .executableTarget(
      name: "SessionService",
      dependencies: [
        "ServiceLaunch", "Addresses", "Guards", "Wire", "Telemetry", "JSON", "SQLite", "Words", "CVector", deque, nio, nioPosix,
        crypto,
        arguments,
        logging,
        metrics, signals,
      ],
      swiftSettings: house),
    .target(name: "CVector"),
    // A library, so that a program can be a node with tools of its own; its command line is a target by itself.
    .target(
      name: "AgentService",
      dependencies: [
        "Addresses", "Wire", "Telemetry", "JSON", "Words", "SchemaIndex", "SQLite", "PostgreSQL", metrics, "CCurl", "CXLSXWriter",
        nio,
        nioPosix, crypto,
        arguments, logging, signals, subprocess, systemPackage,
      ],
      exclude: ["Launch"], swiftSettings: house),
    .executableTarget(
      name: "kai-agent", dependencies: ["AgentService", "ServiceLaunch", "Wire", arguments],
      path: "Sources/AgentService/Launch", swiftSettings: house),
    .executableTarget(
      name: "kaictl",
      dependencies: ["Wire", "Telemetry", "JSON", "SchemaIndex", nio, nioPosix, crypto, arguments, logging, signals],
      swiftSettings: house),
    .executableTarget(
      name: "kai-bench",
      dependencies: ["AgentService", "RawNode", "LoopbackHTTP", "Wire", "JSON", "SQLite", nio, nioPosix, crypto, arguments],
      path: "Benchmarks/kai-bench", swiftSettings: house),
    .executableTarget(
      name: "kai-fuzz", dependencies: ["Wire", "WireFuzz", nio, arguments], path: "Benchmarks/kai-fuzz", swiftSettings: house),
    .target(name: "ChaosFailPoints", path: "Benchmarks/ChaosFailPoints"),
    .target(name: "ChaosLedger", dependencies: ["SQLite"], path: "Benchmarks/ChaosLedger", swiftSettings: house),
    .executableTarget(
      name: "chaos-node",
      dependencies: ["AgentService", "ChaosLedger", "ServiceLaunch", "Wire", "WireFuzz", "JSON", "SQLite", arguments],
      path: "Benchmarks/chaos-node", swiftSettings: house),
    .executableTarget(
      name: "kai-chaos", dependencies: ["ChaosLedger", "Wire", "WireFuzz", "JSON", "SQLite", nio, nioPosix, arguments],
      path: "Benchmarks/kai-chaos", swiftSettings: house),
    .target(name: "RawNode", dependencies: ["Wire", nio], path: "Benchmarks/RawNode", swiftSettings: house),
    .target(name: "WireFuzz", dependencies: ["Wire", nio], path: "Benchmarks/WireFuzz", swiftSettings: house),

    .testTarget(name: "JSONTests", dependencies: ["JSON", "SQLite"], swiftSettings: house),
    .testTarget(
      name: "WireTests",
      dependencies: ["Wire", "WireFuzz", "Certificates", "JSON", nio, nioPosix, nioEmbedded, nioSSL, crypto, logging],
      exclude: ["Vectors", "Python"], swiftSettings: house),
    .testTarget(
      name: "SessionServiceTests",
      dependencies: ["SessionService", "Wire", "Telemetry", "JSON", "SQLite", nio, nioPosix, crypto, arguments, logging],
      swiftSettings: house),
    .testTarget(
      name: "TelemetryTests", dependencies: ["Telemetry", "Wire", "JSON", nio, nioPosix, metrics, logging], swiftSettings: house),
    .testTarget(name: "ServiceLaunchTests", dependencies: ["ServiceLaunch", "Wire"], swiftSettings: house),
    .testTarget(name: "WordsTests", dependencies: ["Words"], swiftSettings: house),
    .testTarget(name: "AddressesTests", dependencies: ["Addresses"], swiftSettings: house),
    .target(name: "Certificates", path: "Tests/Certificates", swiftSettings: house),
    .target(name: "LoopbackHTTP", dependencies: [nio, nioPosix], path: "Tests/LoopbackHTTP", swiftSettings: house),
    .testTarget(
      name: "AgentServiceTests",
      dependencies: [
        "AgentService", "Addresses", "LoopbackHTTP", "Wire", "JSON", "Words", "SchemaIndex", "SQLite", "PostgreSQL", nio,
        nioPosix, arguments,
        logging,
      ],
      swiftSettings: house),
    .testTarget(
      name: "kaictlTests", dependencies: ["kaictl", "Wire", "JSON", nio, nioPosix, crypto, arguments, logging],
      swiftSettings: house),
    .testTarget(
      name: "IntegrationTests",
      dependencies: ["Certificates", "LoopbackHTTP", "RawNode", "Wire", "JSON", "SQLite", nio, nioPosix, crypto, logging],
      exclude: ["Goldens"], swiftSettings: house),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["SessionService", "AgentService", "Wire", "CSQLite", nio, logging],
      swiftSettings: house),
    .testTarget(name: "TidyTests", swiftSettings: house),
  ],
  swiftLanguageModes: [.v6]
)
