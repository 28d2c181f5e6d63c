// swift-tools-version: 6.2
import PackageDescription

/// The house rules that the compiler can check, the same for every target.
let house: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "kai",
  targets: [
    // Module maps over Debian's -dev packages.
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

    // Small leaves that the programs share.
    .target(name: "JSON", swiftSettings: house),
    .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: house),

    .testTarget(name: "JSONTests", dependencies: ["JSON", "SQLite"], swiftSettings: house),
  ],
  swiftLanguageModes: [.v6]
)
