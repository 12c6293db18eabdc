"""Who may ask how often: the limits per address and per key, the ban, and signed requests. Source: Bybit v5 guide."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from strategy_tester.practice_exchange.answers import Refused, signature_of

_ADDRESS_REQUESTS = 600
_ADDRESS_WINDOW_S = 5.0
_BAN_S = 600.0
_DEFAULT_WINDOW_MS = 5000
_AHEAD_MS = 1000
# Requests a second and key; everything that is not named may be asked ten times.
_KEY_LIMITS = {
    "/v5/order/realtime": 50, "/v5/order/history": 50, "/v5/execution/list": 50, "/v5/position/list": 50,
    "/v5/account/wallet-balance": 50, "/v5/account/info": 50, "/v5/account/transaction-log": 25,
    "/v5/account/fee-rate": 5, "/v5/user/query-api": 10,
}  # fmt: skip
_OTHER_LIMIT = 10


class Banned(Exception):
    """The address asked too often: HTTP 403 for ten minutes."""


@dataclass
class Keys:
    """The practice account's keys; they open nothing anywhere else."""

    by_key: dict[str, str] = field(default_factory=lambda: {"PRACTICE-KEY": "practice-secret"})


class Gate:
    """Counts requests.

    Args:
        keys: Known keys and their secrets.
        ban_s: Real seconds an address is shut out.
    """

    def __init__(self, keys: Keys | None = None, ban_s: float = _BAN_S) -> None:
        self.keys = keys or Keys()
        self.ban_s = ban_s
        self._asked: dict[str, deque[float]] = defaultdict(deque)
        self._banned_until: dict[str, float] = {}
        self._used: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def pass_address(self, address: str, now_s: float) -> None:
        """Count a request of an address.

        Raises:
            Banned: 600 requests in five seconds are too many; every request during the ban is refused too.
        """
        if now_s < self._banned_until.get(address, 0.0):
            raise Banned
        asked = self._asked[address]
        asked.append(now_s)
        while asked and asked[0] <= now_s - _ADDRESS_WINDOW_S:
            asked.popleft()
        if len(asked) > _ADDRESS_REQUESTS:
            self.ban(address, now_s)
            raise Banned

    def ban(self, address: str, now_s: float) -> None:
        """Shut an address out."""
        self._banned_until[address] = now_s + self.ban_s
        self._asked[address].clear()

    def pass_key(self, key: str, path: str, now_s: float, now_ms: int) -> dict[str, str]:
        """Count a request of a key; the headers that go with the answer, `refused` among them when it was too much."""
        limit = _KEY_LIMITS.get(path, _OTHER_LIMIT)
        used = self._used[key, path]
        while used and used[0] <= now_s - 1.0:
            used.popleft()
        is_refused = len(used) >= limit
        if not is_refused:
            used.append(now_s)
        reset_ms = now_ms + round((used[0] + 1.0 - now_s) * 1000.0) if is_refused else now_ms
        headers = {
            "X-Bapi-Limit": str(limit), "X-Bapi-Limit-Status": str(max(limit - len(used), 0)),
            "X-Bapi-Limit-Reset-Timestamp": str(reset_ms),
        }  # fmt: skip
        return headers | ({"refused": "1"} if is_refused else {})

    def check_signature(self, headers: Mapping[str, str], payload: str, clocks_ms: tuple[int, ...]) -> str:
        """The key that signed a request.

        Args:
            headers: Of the request.
            payload: The query as sent, or the raw body.
            clocks_ms: The exchange's clocks: market time, and real time for clients that know no other.

        Raises:
            Refused: 10003 unknown key, 10002 outside the time window, 10004 wrong signature.
        """
        key = headers.get("X-BAPI-API-KEY", "")
        secret = self.keys.by_key.get(key)
        if secret is None:
            raise Refused(10003, "API key is invalid.")
        stamp, window = headers.get("X-BAPI-TIMESTAMP", ""), headers.get("X-BAPI-RECV-WINDOW", "")
        if not stamp.isdigit() or (window and not window.isdigit()):
            raise Refused(10001, "params error: timestamp or recv_window invalid")
        self.check_time(int(stamp), int(window or _DEFAULT_WINDOW_MS), clocks_ms)
        if signature_of(secret, f"{stamp}{key}{window}{payload}") != headers.get("X-BAPI-SIGN", ""):
            raise Refused(10004, "error sign! please check your signature generation algorithm.")
        return key

    def check_time(self, stamp_ms: int, window_ms: int, clocks_ms: tuple[int, ...]) -> None:
        """Refuse what is signed for another time: too old, or more than a second ahead."""
        if not any(clock - window_ms <= stamp_ms < clock + _AHEAD_MS for clock in clocks_ms):
            text = (
                "invalid request, please check your server timestamp or recv_window param. "
                f"req_timestamp[{stamp_ms}],server_timestamp[{clocks_ms[0]}],recv_window[{window_ms}]"
            )
            raise Refused(10002, text)

    def check_socket(self, args: list[object], clocks_ms: tuple[int, ...]) -> bool:
        """Whether the arguments of a socket's `auth` are right: key, time in the future, signature."""
        if len(args) != 3 or not isinstance(args[1], int | str) or not str(args[1]).isdigit():
            return False
        secret = self.keys.by_key.get(str(args[0]))
        is_in_time = int(args[1]) > min(clocks_ms)
        return secret is not None and is_in_time and signature_of(secret, f"GET/realtime{args[1]}") == args[2]
