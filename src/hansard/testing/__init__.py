"""Contract tests for back ends, which the project itself also uses.

`storage.StorageContract` is what every back end must fulfil: give it a fixture named ``storage`` that yields an open
`Storage`, and run it with pytest and anyio. ::

class TestMyStorage(StorageContract): @pytest.fixture async def storage(self): ...
"""
