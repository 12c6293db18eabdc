"""Words of other programs, by which our things are found too. The interface never shows them.

TradingView, MetaTrader, Binance, freqtrade and backtesting.py say other words for the same; who comes from there types
those. English and Russian stand side by side: both are searched whatever the language of the interface.
"""

SYNONYMS: dict[str, tuple[str, ...]] = {
    # Commands
    "backtest.run": ("start test", "strategy tester", "backtesting", "play", "бэктест", "старт", "прогон"),
    "backtest.cancel": ("stop", "abort", "стоп", "прервать"),
    "strategy.new": ("create EA", "new bot", "new script", "pine", "создать советник", "новый робот"),
    "strategy.save": ("save EA", "save script", "сохранить советник"),
    "strategy.duplicate": ("make a copy", "clone", "копия", "клонировать"),
    "strategy.validate": ("compile", "check", "lint", "компилировать", "проверка"),
    "data.import": ("csv", "parquet", "load history", "download-data", "history center", "upload", "котировки",
                    "загрузить историю"),
    "data.practice_market": ("demo", "sample", "example data", "synthetic", "practice", "paper", "демо", "пример",
                             "практика"),
    "chart.reset": ("auto scale", "fit", "default zoom", "автомасштаб"),
    "chart.copy": ("snapshot", "screenshot", "camera", "снимок", "скриншот"),
    "chart.save": ("snapshot", "screenshot", "export image", "снимок", "скриншот"),
    "chart.show_all": ("zoom out fully", "whole history", "вся история"),
    "chart.zoom_in": ("scale up", "magnify", "крупнее"),
    "chart.zoom_out": ("scale down", "мельче"),
    "chart.indicators": ("studies", "pine", "technicals", "insert indicator", "индикаторы", "технический анализ"),
    "view.theme": ("dark mode", "night mode", "light mode", "color theme", "тёмная тема", "ночной режим"),
    "view.color_blind": ("accessibility", "daltonism", "дальтонизм", "доступность"),
    "view.inverted": ("chinese colors", "red up", "asian", "китайские цвета", "красный рост"),
    "view.language": ("locale", "translation", "перевод", "локаль"),
    "view.local_time": ("timezone", "clock", "exchange time", "часовой пояс", "биржевое время"),
    "view.palette": ("commands", "actions", "spotlight", "палитра"),
    "view.full_screen": ("maximize", "kiosk", "развернуть"),
    "view.reset_layout": ("default workspace", "restore windows", "окна по умолчанию"),
    "settings.open": ("preferences", "options", "configuration", "config", "tools", "параметры", "опции"),
    "help.keys": ("hotkeys", "key bindings", "shortcuts", "cheat sheet", "горячие клавиши", "сочетания"),
    "edit.undo": ("ctrl+z", "step back", "назад"),
    "edit.redo": ("ctrl+y", "вернуть"),
    # Panels
    "panel.chart": ("graph", "candles", "supercharts", "свечи", "график"),
    "panel.strategy": ("expert", "expert advisor", "EA", "bot", "robot", "script", "pine", "inputs", "navigator",
                       "советник", "робот", "скрипт", "навигатор", "входные параметры"),
    "panel.backtest": ("strategy tester", "tester", "properties", "backtesting", "initial capital", "simulation",
                       "тестер стратегий", "тестер", "бэктестинг", "симуляция"),
    "panel.results": ("performance summary", "report", "statistics", "stats", "metrics", "overview", "tearsheet",
                      "plot", "отчёт", "статистика", "показатели"),
    "panel.trades": ("list of trades", "toolbox", "deals", "positions", "orders", "fills", "history", "journal",
                     "сделки", "позиции", "ордера", "инструменты"),
    "panel.runs": ("hyperopt", "epoch", "epochs", "optimization results", "passes", "backtest history",
                   "проходы", "эпохи", "история тестов", "оптимизация"),
    "panel.data": ("market watch", "symbols", "history center", "data folder", "download-data", "pairs", "watchlist",
                   "обзор рынка", "символы", "котировки", "пары"),
    "panel.jobs": ("tasks", "queue", "progress", "background", "задачи", "очередь"),
    "panel.welcome": ("start page", "getting started", "tutorial", "начало", "обучение"),
    # Fields of forms, by the name of their parameter
    "field.initial_capital": ("deposit", "starting balance", "wallet", "cash", "dry_run_wallet", "stake", "депозит",
                              "баланс"),
    "field.taker_fee_rate": ("commission", "fees", "taker", "trading fee", "комиссия", "сборы"),
    "field.maker_fee_rate": ("commission", "fees", "maker", "rebate", "комиссия", "ребейт"),
    "field.slippage_rate": ("slippage", "spread", "deviation", "ticks", "проскальзывание", "спред"),
    "field.leverage": ("margin", "futures mode", "плечо", "маржа"),
    "field.position_pct": ("order size", "quantity", "lot", "stake_amount", "размер позиции", "лот", "объём"),
    "field.fill": ("process orders on close", "trade_on_close", "execution", "исполнение"),
    "field.intrabar": ("bar magnifier", "every tick", "OHLC", "tick model", "лупа", "все тики"),
    "field.take_profit": ("TP", "SL/TP", "minimal_roi", "roi", "target", "exit limit", "тейк", "цель", "тейк-профит"),
    "field.stop_loss": ("SL", "SL/TP", "stoploss", "exit stop", "stop", "стоп", "стоп-лосс"),
    "field.trailing_stop": ("trailing", "trail", "trailing_stop_positive", "трейлинг", "скользящий стоп"),
    # Entries of the settings
    "setting.theme": ("dark mode", "night mode", "light mode", "appearance", "skin", "тёмная тема", "ночной режим"),
    "setting.color_pair": ("color blind", "deuteranopia", "candle colors", "дальтонизм", "цвет свечей"),
    "setting.inverted": ("chinese", "japanese", "red up", "candle colors", "красный рост", "цвет свечей"),
    "setting.font_size": ("font size", "zoom", "text size", "scaling", "DPI", "bigger", "масштаб", "крупный шрифт",
                          "размер текста"),
    "setting.language": ("locale", "translation", "перевод", "локаль"),
    "setting.local_time": ("timezone", "UTC", "exchange time", "часовой пояс", "биржевое время"),
    "setting.shortcuts": ("hotkeys", "key bindings", "keyboard", "горячие клавиши", "сочетания"),
    "setting.preset": ("keymap", "tradingview keys", "metatrader keys", "MT5", "раскладка"),
    "setting.data_folder": ("database", "where files are", "path", "storage", "user_data", "user_data_dir",
                            "база данных", "где файлы", "путь"),
}  # fmt: skip
"""By id of the action, by `field.` and the parameter's name, by `setting.` and the entry's id."""


def synonyms_of(name: str) -> tuple[str, ...]:
    """Other words for a thing; nothing when there are none."""
    return SYNONYMS.get(name, ())
