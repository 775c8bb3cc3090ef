# lib-updates.ps1: settings of Windows Update during the build, and what is put back.
[CmdletBinding()]
param()

Pester\Describe 'lib-updates.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        $policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
    }

    Pester\BeforeEach {
        Initialize-Guest
        [void](Get-GuestFolder -Path 'ProgramData\ingot')
        Set-GuestService -Name 'wuauserv' -Status 'Running' -StartType 'Manual'
        Pester\Mock -CommandName Write-IngotLog -MockWith { return }
    }

    Pester\It 'puts back what was there, also after several rounds' {
        $Guest.registry["$policy\AU"] = @{ NoAutoUpdate = 0; UseWUServer = 1 }
        $Guest.registry[$policy] = @{ WUServer = 'http://old:8530'; WUStatusServer = 'http://old:8530' }
        Enable-UpdatePolicy -Source 'wsus' -Server 'http://new:8530'
        Enable-UpdatePolicy -Source 'wsus' -Server 'http://new:8530'
        $Guest.registry[$policy].WUServer | Pester\Should -Be 'http://new:8530'
        $Guest.registry["$policy\AU"].NoAutoUpdate | Pester\Should -Be 1
        # The service reads its policy when it starts: once is enough.
        Pester\Should -Invoke -CommandName Stop-Service -Times 1 -Exactly
        Restore-UpdatePolicy | Pester\Should -BeTrue
        $Guest.registry[$policy].WUServer | Pester\Should -Be 'http://old:8530'
        $Guest.registry["$policy\AU"].NoAutoUpdate | Pester\Should -Be 0
        Restore-UpdatePolicy | Pester\Should -BeFalse
    }

    Pester\It 'removes values that were not there, and keeps the server where it is told to' {
        Enable-UpdatePolicy -Source 'wsus' -Server 'http://new:8530'
        Restore-UpdatePolicy -Keep $true | Pester\Should -BeTrue
        $Guest.registry["$policy\AU"].ContainsKey('NoAutoUpdate') | Pester\Should -BeFalse
        $Guest.registry[$policy].WUServer | Pester\Should -Be 'http://new:8530'
    }

    Pester\It 'lets a service that is disabled run, and disables it again' {
        Set-GuestService -Name 'wuauserv' -Status 'Stopped' -StartType 'Disabled'
        Enable-UpdatePolicy -Source 'windows-update' -Server ''
        $Guest.services['wuauserv'].StartType | Pester\Should -Be 'Manual'
        [void](Restore-UpdatePolicy)
        $Guest.services['wuauserv'].StartType | Pester\Should -Be 'Disabled'
    }

    Pester\It 'writes codes as they are looked up' {
        ConvertTo-UpdateCode -Code -2145107924 | Pester\Should -BeExactly '0x8024402C'
        ConvertTo-UpdateCode -Code 0 | Pester\Should -BeExactly '0x00000000'
    }

    Pester\It 'sets the data store aside, over an older one' {
        [void](Set-GuestFile -Path 'Windows\SoftwareDistribution\DataStore\x.edb' -Text 'new')
        [void](Set-GuestFile -Path 'Windows\SoftwareDistribution.old\x' -Text 'old')
        Invoke-InGuest -Body { Reset-UpdateStore }
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'Windows\SoftwareDistribution') | Pester\Should -BeFalse
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'Windows\SoftwareDistribution.old\DataStore\x.edb') | Pester\Should -BeTrue
    }

    Pester\It 'goes on when the data store cannot be set aside' {
        [void](Set-GuestFile -Path 'Windows\SoftwareDistribution\DataStore\x.edb' -Text 'new')
        Pester\Mock -CommandName Stop-Service -MockWith { throw 'a file is in use' }
        Pester\Mock -CommandName Write-IngotLog -MockWith { return }
        { Invoke-InGuest -Body { Reset-UpdateStore } } | Pester\Should -Not -Throw
        Pester\Should -Invoke -CommandName Write-IngotLog -Times 1 -Exactly -ParameterFilter { $Message -like '*a file is in use*' }
    }

    Pester\It 'renews the definitions of Defender by its own program, if there is one' {
        Invoke-InGuest -Body { Update-DefenderSignature } | Pester\Should -BeFalse
        [void](Set-GuestFile -Path 'ProgramFiles\Windows Defender\MpCmdRun.exe')
        $Guest.answers['MpCmdRun.exe'] = { @{ exitCode = 0 } }
        Invoke-InGuest -Body { Update-DefenderSignature } | Pester\Should -BeTrue
        @($Guest.native | ForEach-Object -Process { $_.arguments[0] }) | Pester\Should -Be @('-RemoveDefinitions', '-SignatureUpdate')
    }
}
