"""Suites for third parties, which the project itself also uses.

`storage.StorageContract` is what every back end must fulfil: give it a fixture named ``storage`` that yields an open
`Storage`, and run it with pytest and anyio. `protocol` is what every server must fulfil; it is a command. ::

    class TestMyStorage(StorageContract):
        @pytest.fixture
        async def storage(self): ...
"""
