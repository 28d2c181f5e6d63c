extension Analyst {
  /// The words that steer a question, as opposed to those that name things: data, in one table.
  enum Lexicon {
    /// In words.
    static let longestPhrase = 4

    static func mark(_ phrase: String) -> Mark? { marks[phrase] }

    private static let marks: [String: Mark] = {
      var map: [String: Mark] = [:]
      func add(_ mark: Mark, _ phrases: String) {
        for phrase in phrases.split(separator: "|") { map[String(phrase)] = mark }
      }
      addMeasures(add)
      addSuperlatives(add)
      addComparisons(add)
      addCalendar(add)
      addStructure(add)
      return map
    }()

    private typealias Add = (_ mark: Mark, _ phrases: String) -> Void

    private static func addMeasures(_ add: Add) {
      add(.count, "how many|number of|the number of|count of|count|berapa banyak|jumlah baris|amount of times|berapa")
      add(.distinct, "distinct|unique|different|unik")
      add(.aggregate(.avg), "average|mean|avg|typical|on average|rata rata|rerata")
      add(.aggregate(.sum), "total|sum|sum of|overall|combined|how much|total number of|jumlah|spend|spent|spending|earned|paid")
      add(.aggregate(.min), "minimum|min")
      add(.aggregate(.max), "maximum|max")
    }

    private static func addSuperlatives(_ add: Add) {
      func high(_ phrases: String, _ hints: String...) { add(.superlative(Superlative(descending: true, hints: hints)), phrases) }
      func low(_ phrases: String, _ hints: String...) { add(.superlative(Superlative(descending: false, hints: hints)), phrases) }
      high("highest|greatest|tertinggi|terbesar")
      high("largest|biggest", "size", "area", "population", "capacity", "amount", "total")
      high("longest|farthest|furthest|terpanjang|terjauh", "distance", "length", "duration", "time")
      high("most expensive|priciest|dearest|costliest|termahal", "price", "cost", "amount", "total")
      high("newest|latest|most recent|youngest|last|terbaru", "date", "time", "year")
      high("heaviest", "weight")
      high("tallest", "height", "altitude")
      high("fastest", "speed")
      high("richest", "wealth", "income", "balance")
      low("lowest|smallest|terendah|terkecil")
      low("shortest|nearest|closest|terpendek", "distance", "length", "duration", "time")
      low("cheapest|least expensive|termurah", "price", "cost", "amount", "total")
      low("oldest|earliest|first|terlama", "date", "time", "year")
      low("lightest", "weight")
      low("slowest", "speed")
      let most = Superlative(descending: true, counts: true)
      add(
        .superlative(most),
        "most|most often|most frequently|highest number of|largest number of|paling banyak|terbanyak|greatest number of"
          + "|most number of")
      let busiest = Superlative(descending: true, counts: true, ranksNoun: true)
      add(.superlative(busiest), "busiest|most common|most popular|most frequent|commonest|tersibuk|terpopuler")
      let fewest = Superlative(descending: false, counts: true)
      add(
        .superlative(fewest),
        "fewest|least|lowest number of|smallest number of|paling sedikit|tersedikit")
      let rarest = Superlative(descending: false, counts: true, ranksNoun: true)
      add(.superlative(rarest), "rarest|least common|least popular|least frequent|quietest")
      add(.superlative(Superlative(descending: true, isJudgement: true)), "worst|terburuk")
      add(.superlative(Superlative(descending: false, isJudgement: true)), "best|terbaik")
      add(.top(descending: true), "top|teratas")
      add(.top(descending: false), "bottom|terbawah")
    }

    private static func addComparisons(_ add: Add) {
      func compare(_ comparison: Comparison, _ phrases: String, _ hints: String...) {
        add(.comparison(comparison, hints: hints), phrases)
      }
      compare(
        .greater,
        "more than|over|above|greater than|higher than|larger than|bigger than|exceeding|exceeds|exceed|>|lebih dari|beyond")
      compare(.atLeast, "at least|no less than|not less than|>=|≥|minimal|greater than or equal to")
      compare(.less, "less than|under|below|lower than|fewer than|smaller than|<|kurang dari")
      compare(.atMost, "at most|no more than|not more than|up to|<=|≤|maksimal|less than or equal to")
      compare(.equal, "equals|equal to|is equal to|=|==|exactly|named|called")
      compare(.different, "!=|<>|is not|are not|not equal to|was not|were not|other than|except|excluding|bukan")
      compare(.greater, "longer than|farther than|further than", "distance", "length", "duration", "time")
      compare(.less, "shorter than|nearer than|closer than", "distance", "length", "duration", "time")
      compare(.less, "cheaper than", "price", "cost", "amount", "total")
      compare(.greater, "more expensive than|dearer than", "price", "cost", "amount", "total")
      compare(.greater, "heavier than", "weight")
      compare(.less, "lighter than", "weight")
      compare(.greater, "faster than", "speed")
      compare(.less, "slower than", "speed")
      compare(.greater, "taller than", "height", "altitude")
      compare(.greater, "older than", "age")
      compare(.less, "younger than", "age")
      add(.between, "between|antara")
      add(.time(.atLeast), "since|from date|sejak")
      add(.time(.greater), "after|later than|setelah")
      add(.time(.less), "before|earlier than|until|sebelum")
    }

    private static func addCalendar(_ add: Add) {
      add(.period(.year), "year|years|tahun")
      add(.period(.quarter), "quarter|quarters")
      add(.period(.month), "month|months|bulan")
      add(.period(.week), "week|weeks|minggu")
      add(.period(.weekday), "weekday|weekdays|day of week|day of the week|days of the week|weekdays")
      add(.period(.day), "day|days|date|dates|hari|tanggal")
      add(.period(.hour), "hour|hours|hour of day|hour of the day|jam")
      add(.periodic(.year), "yearly|annual|annually|year by year")
      add(.periodic(.quarter), "quarterly")
      add(.periodic(.month), "monthly|month by month|over time|bulanan")
      add(.periodic(.week), "weekly")
      add(.periodic(.day), "daily|day by day|harian")
      add(.periodic(.hour), "hourly")
      let months = [
        "january|januari|jan", "february|februari|feb", "march|maret", "april|apr", "may|mei", "june|juni|jun", "july|juli|jul",
        "august|agustus|aug", "september|sep|sept", "october|oktober|oct", "november|nov", "december|desember|dec",
      ]
      for (index, names) in months.enumerated() { add(.month(index + 1), names) }
    }

    private static func addStructure(_ add: Add) {
      add(
        .group,
        "by|per|for each|each|every|for every|grouped by|group by|in each|broken down by|split by|of each|"
          + "setiap|tiap|menurut|across"
      )
      add(.which, "which|what|who|whose|mana|apa|siapa")
      add(
        .preposition(.from), "from|departing|departing from|leaving|out of|sold by|operated by|made by|built by|written by|dari")
      add(.preposition(.to), "to|into|towards|toward|arriving at|arriving in|going to|heading to|ke|menuju")
      add(.preposition(.place), "in|at|on|within|during|di|pada")
      add(.preposition(.with), "with|having|for|about|dengan|untuk|using")
      add(.preposition(.of), "of|among|among the|out of all")
      add(.whereClause, "where|that|when|if|dimana|yang|whose")
      add(.copula, "is|are|was|were|be|adalah|being")
      add(.not, "not|isn|aren|tidak|don|doesn|didn")
      add(.missing, "missing|null|empty|blank|unknown")
      add(.without, "without|with no|no|have no|has no|lacking|never|tanpa")
      add(.and, "and|as well as|dan")
      add(.or, "or|atau")
      add(.list, "list|show|display|give|give me|show me|list all|find|print|tampilkan|daftar")
      add(
        .schema,
        "what tables|which tables|list tables|list the tables|show tables|show the tables|list all tables|"
          + "what columns|which columns|list columns|show columns|list the columns|show the columns|schema|"
          + "describe the schema|columns of|how many tables|columns in"
      )
      add(
        .profile,
        "profile|full profile|overview|describe|summarise|summarize|summary|data quality|explore|"
          + "explain this database|profil|gambaran|report on|write a report|report"
      )
      let small =
        "the|a|an|all|any|some|please|can|could|you|tell|me|do|does|did|have|has|had|there|it|its|their|our|"
        + "my|i|we|us|they|this|these|those|"
        + "so|just|only|also|then|than|as|ada|yang|itu|ini|memiliki|punya|semua|much|many|most of|would|will|"
        + "want|know|like|see|get|"
        + "value|values|row|rows|record|records|entry|entries|data|dataset|database|table|tables|column|"
        + "columns|field|fields|result|results|"
        + "fly|flown|flew|earn|earns|weigh|weighs|take|took|taken|made|make|makes|place|placed|happen|happened|"
        + "occur|occurred|exist|exists|sell|sold|sells|"
        + "buy|bought|belong|belongs|come|comes|came|go|goes|went|depart|departs|departed|arrive|arrived|"
        + "arrives|operate|operates|operated|"
        + "contain|contains|include|including|included|recorded|registered|appear|appears|work|works|live|"
        + "lives|living|located|based|"
        + "been|per cent|whole|entire|given|respectively|usually|normally|each other|overall is|us|hi|hello|"
        + "thanks|thank|now|currently|"
        + "what is|what are|what was|what were|what s|whats|who is|who are|who was|when was|how|using the|used|"
        + "use|written|wrote|starting"
      add(.stop, small)
      add(.unsupported("medians"), "median|percentile|quartile")
      add(.unsupported("percentages and shares"), "percent|percentage|share|proportion|ratio|fraction|persen|persentase")
      add(.unsupported("correlations"), "correlation|correlate|correlated|relationship between|depend on|depends on")
      add(.unsupported("forecasts"), "predict|forecast|prediction|next year|next month|tomorrow|will be")
      add(.unsupported("reasons"), "why|because|reason|cause|mengapa|kenapa")
      add(
        .unsupported("growth rates"),
        "growth|grew|year over year|change in|increase in|decrease in|trend in|moving average|running total|cumulative")
      add(.unsupported("variances"), "standard deviation|stddev|variance|outliers|outlier|anomalies")
      add(.unsupported("writing to the database"), "delete|drop|insert|update|truncate|alter|hapus")
    }
  }
}
