# PSScriptAnalyzer for scripts/ and scripts/test/: all rules at warning or above, but for those that say the opposite of
# what is meant here.
@{
    Severity     = @('Error', 'Warning')
    ExcludeRules = @(
        # The scripts have -Test, which says what would change; -WhatIf would reach their functions only.
        'PSUseShouldProcessForStateChangingFunctions',
        # Variables of BeforeAll are used in It, and those of a library in the scripts that dot-source it: the rule looks
        # at one script block.
        'PSUseDeclaredVarsMoreThanAssignments',
        # Likewise parameters that are used in an inner script block.
        'PSReviewUnusedParameter',
        # sysprep.ps1 is given the password of the task's account over standard input, in clear.
        'PSAvoidUsingConvertToSecureStringWithPlainText',
        'PSAvoidUsingPlainTextForPassword',
        'PSAvoidUsingUsernameAndPasswordParams'
    )
    Rules        = @{
        PSUseCompatibleSyntax   = @{ Enable = $true; TargetVersions = @('5.1') }
        # Windows Server 2019 with Windows PowerShell 5.1: every command and parameter must be there. Not for the tests.
        PSUseCompatibleCommands = @{
            Enable         = $true
            TargetProfiles = @('win-8_x64_10.0.17763.0_5.1.17763.316_x64_4.0.30319.42000_framework')
        }
    }
}
