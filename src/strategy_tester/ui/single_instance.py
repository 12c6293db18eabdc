"""One program per data folder: a second start wakes the first window and goes away."""

import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WAKE = b"wake\n"
_ANSWER = b"awake\n"
_TIMEOUT_MS = 1500


class SingleInstance(QObject):
    """Listens for second starts on a local socket whose name follows from the data folder."""

    wake_wanted = Signal()
    """The program was started again."""

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = "bst-" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:24]
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)

    def wake_first(self) -> bool:
        """Ask a program that runs already to show its window; False when there is none that answers."""
        socket = QLocalSocket()
        socket.connectToServer(self.name)
        if not socket.waitForConnected(_TIMEOUT_MS):
            return False
        socket.write(_WAKE)
        socket.waitForBytesWritten(_TIMEOUT_MS)
        answered = socket.waitForReadyRead(_TIMEOUT_MS) and bytes(socket.readAll().data()).startswith(_ANSWER)
        socket.disconnectFromServer()
        return answered

    def listen(self) -> bool:
        """Be the first program from now on."""
        if self._server.listen(self.name):
            return True
        # A program that was killed leaves its socket behind; nobody answered on it, so it may go.
        QLocalServer.removeServer(self.name)
        return self._server.listen(self.name)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _greet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._answer(socket))
            socket.disconnected.connect(socket.deleteLater)
            if socket.bytesAvailable():
                self._answer(socket)

    def _answer(self, socket: QLocalSocket) -> None:
        if bytes(socket.readAll().data()).startswith(_WAKE):
            socket.write(_ANSWER)
            socket.flush()
            self.wake_wanted.emit()
