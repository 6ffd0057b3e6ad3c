from app.importer.models.imported_post import ImportedPost
from app.importer.models.origin import ImportedComment, Origin, OriginManager
from app.importer.models.run import Import, ImportQuerySet, ImportState

__all__ = ["Import", "ImportQuerySet", "ImportState", "ImportedComment", "ImportedPost", "Origin", "OriginManager"]
